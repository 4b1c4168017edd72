/** A request's body as lines of NDJSON: no more of it is held than a chunk and the line that is being read. */

import { discardedBytesMax } from "../core/limits.ts";
import { createByteGatherer } from "./byte-gatherer.ts";

/** A line as it came: nothing says yet that it is JSON. */
export interface NdjsonLine {
  /** From 1; empty lines are counted, and left out. */
  readonly number: number;
  /** Absent when the line is not UTF-8, or longer than is taken: then it is the last one. */
  readonly text: string | undefined;
  readonly isTooLong: boolean;
  readonly byteCount: number;
}

const lineFeed = 0x0a;

/** A shorter body that tells its length is read at once: a stream costs more than its lines. */
const shortBytesMax = 64 * 1024;

/** What is asked of a body's reader. */
export type BodyReader = Pick<
  ReadableStreamDefaultReader<Uint8Array>,
  "read" | "cancel"
>;

/** Absent when the request has no body. */
export function bodyReaderOf(request: Request): BodyReader | undefined {
  const announced = request.headers.get("content-length");
  return announced !== null && Number(announced) <= shortBytesMax
    ? readerOf(async () => new Uint8Array(await request.arrayBuffer()))
    : request.body?.getReader();
}

/** Of a body in one piece. */
export function readerOf(bytes: () => Promise<Uint8Array>): BodyReader {
  let isTaken = false;
  return {
    async read() {
      if (isTaken) return { done: true, value: undefined };
      isTaken = true;
      // Its memory is never shared, which is all that the wider type could mean.
      const value = (await bytes()) as Uint8Array<ArrayBuffer>;
      return { done: false, value };
    },
    cancel: async () => {},
  };
}

/**
 * The lines chunk by chunk, each chunk's as they are asked for. Rejects when the body breaks off, which it does without a
 * last line: a line that ends without LF counts when the body has ended as it should.
 */
export async function* ndjsonLines(
  reader: BodyReader,
  lineBytesMax: number,
): AsyncGenerator<Iterable<NdjsonLine>> {
  const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
  /** The beginning of a line whose end has not come yet. */
  const begun = createByteGatherer();
  let number = 1;
  let isOver = false;

  function* linesIn(chunk: Uint8Array): Generator<NdjsonLine> {
    let from = 0;
    for (;;) {
      const at = chunk.indexOf(lineFeed, from);
      const end = at === -1 ? chunk.byteLength : at;
      if (begun.byteCount() + end - from > lineBytesMax) {
        isOver = true;
        begun.take();
        return yield tooLong(number);
      }
      if (at === -1) break;
      yield* whole(chunk.subarray(from, at));
      from = at + 1;
    }
    if (from === chunk.byteLength) return;
    begun.add(chunk.subarray(from));
  }

  function* whole(last: Uint8Array): Generator<NdjsonLine> {
    const line = lineOf(decoder, withBegun(last), number++);
    if (line.text !== "") yield line;
  }

  function withBegun(last: Uint8Array): Uint8Array {
    if (begun.byteCount() === 0) return last;
    begun.add(last);
    return begun.take();
  }

  try {
    while (!isOver) {
      const { done, value } = await reader.read();
      if (!done) yield linesIn(value);
      else {
        if (begun.byteCount() > 0) yield whole(new Uint8Array());
        return;
      }
    }
  } finally {
    // Nobody waits for it: Deno reads no more of a body whose answer has begun.
    void discard(reader, isOver ? discardedBytesMax : 0);
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

/** Reads what is still on its way, so that its sender comes to read the answer, and then no more. */
async function discard(reader: BodyReader, bytesMax: number): Promise<void> {
  try {
    for (let discardedBytes = 0; discardedBytes < bytesMax; ) {
      const { done, value } = await reader.read();
      if (done) return;
      discardedBytes += value.byteLength;
    }
    await reader.cancel();
  } catch {
    // The sender has gone.
  }
}
