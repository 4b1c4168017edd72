/** A request's body as lines of NDJSON: no more of it is held than a chunk and the line that is being read. */
import { discardedBytesMax } from "../core/limits.ts";

export interface NdjsonLine {
  /** From 1; empty lines are counted, and left out. */
  readonly number: number;
  /** Absent when the line is not UTF-8, or longer than is taken: then it is the last one. */
  readonly text: string | undefined;
  readonly isTooLong: boolean;
  readonly byteCount: number;
}

const lineFeed = 0x0a;

/**
 * The lines chunk by chunk, each chunk's as they are asked for. Rejects when the body breaks off, which it does without a
 * last line: a line that ends without LF counts when the body has ended as it should.
 */
export async function* ndjsonLines(
  body: ReadableStream<Uint8Array>,
  lineBytesMax: number,
): AsyncGenerator<Iterable<NdjsonLine>> {
  const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
  const reader = body.getReader();
  /** The beginning of a line whose end has not come yet. */
  let parts: Uint8Array[] = [];
  let heldBytes = 0;
  let number = 1;
  let isOver = false;

  function* linesIn(chunk: Uint8Array): Generator<NdjsonLine> {
    let from = 0;
    for (;;) {
      const at = chunk.indexOf(lineFeed, from);
      const end = at === -1 ? chunk.byteLength : at;
      if (heldBytes + end - from > lineBytesMax) {
        isOver = true;
        parts = [];
        return yield tooLong(number);
      }
      if (at === -1) break;
      yield* whole(chunk.subarray(from, at));
      from = at + 1;
    }
    if (from === chunk.byteLength) return;
    // A copy: the rest of the chunk may go.
    parts.push(chunk.slice(from));
    heldBytes += chunk.byteLength - from;
  }

  function* whole(last: Uint8Array): Generator<NdjsonLine> {
    const bytes = parts.length === 0 ? last : concat([...parts, last]);
    parts = [];
    heldBytes = 0;
    const line = lineOf(decoder, bytes, number++);
    if (line.text !== "") yield line;
  }

  try {
    while (!isOver) {
      const { done, value } = await reader.read();
      if (!done) yield linesIn(value);
      else {
        if (heldBytes > 0) yield whole(new Uint8Array());
        return;
      }
    }
    await discard(reader);
  } finally {
    await reader.cancel().catch(() => {});
  }
}

function lineOf(
  decoder: TextDecoder,
  bytes: Uint8Array,
  number: number,
): NdjsonLine {
  const byteCount = bytes.byteLength;
  try {
    const text = decoder.decode(bytes).trim();
    return { number, text, isTooLong: false, byteCount };
  } catch {
    return { number, text: undefined, isTooLong: false, byteCount };
  }
}

function tooLong(number: number): NdjsonLine {
  return { number, text: undefined, isTooLong: true, byteCount: 0 };
}

async function discard(
  reader: ReadableStreamDefaultReader<Uint8Array>,
): Promise<void> {
  let discardedBytes = 0;
  while (discardedBytes < discardedBytesMax) {
    const { done, value } = await reader.read();
    if (done) return;
    discardedBytes += value.byteLength;
  }
}

function concat(parts: readonly Uint8Array[]): Uint8Array {
  const byteCount = parts.reduce((sum, part) => sum + part.byteLength, 0);
  const bytes = new Uint8Array(byteCount);
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.byteLength;
  }
  return bytes;
}
