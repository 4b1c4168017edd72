/** The lines of a stream, one at a time: no more of the stream is held than the line that is being read. */
import { isUtf8 as isUtf8Text } from "node:buffer";
import { CliError } from "./exit-code.ts";

/** One line of the stream, trimmed, with its place there. */
export interface Line {
  /** From 1. */
  readonly number: number;
  readonly text: string;
  /** Where the line ends in the stream. */
  readonly bytesRead: number;
  /** Whether a line end follows: the last line may be a piece of one. */
  readonly isEnded: boolean;
  /** `false`: what is not shows as U+FFFD. */
  readonly isUtf8: boolean;
}

const lineFeed = 0x0a;
const strictly = new TextDecoder("utf-8", { fatal: true });
const leniently = new TextDecoder();

/**
 * Lines without their ends (LF or CR LF); empty ones are left out. Throws when one has more than `lineBytesMax` bytes,
 * and, unless `isLenient`, when one is not UTF-8.
 */
export async function* linesOf(
  stream: AsyncIterable<Uint8Array>,
  lineBytesMax: number,
  { isLenient = false }: { readonly isLenient?: boolean } = {},
): AsyncGenerator<Line> {
  let parts: Uint8Array[] = [];
  let lineBytes = 0;
  let number = 1;
  let bytesRead = 0;

  function add(part: Uint8Array): void {
    parts.push(part);
    lineBytes += part.byteLength;
    bytesRead += part.byteLength;
    if (lineBytes > lineBytesMax)
      throw new CliError({
        code: "line_too_long",
        message: `Line ${number} has more than ${lineBytesMax} bytes: one line is one key.`,
      });
  }

  function* end(isEnded: boolean): Generator<Line> {
    const bytes = Buffer.concat(parts);
    const isUtf8 = isLenient ? isUtf8Text(bytes) : true;
    const decoder = isUtf8 ? strictly : leniently;
    const text = textOf(decoder, bytes, number).trim();
    if (text !== "") yield { number, text, bytesRead, isEnded, isUtf8 };
    parts = [];
    lineBytes = 0;
    number++;
  }

  for await (const chunk of stream) {
    let from = 0;
    for (;;) {
      const at = chunk.indexOf(lineFeed, from);
      if (at === -1) break;
      add(chunk.subarray(from, at + 1));
      from = at + 1;
      yield* end(true);
    }
    add(chunk.subarray(from));
  }
  yield* end(false);
}

function textOf(decoder: TextDecoder, bytes: Uint8Array, number: number) {
  try {
    return decoder.decode(bytes);
  } catch (cause) {
    throw new CliError({
      code: "invalid_encoding",
      message: `Line ${number} is not UTF-8: is this NDJSON?`,
      cause,
    });
  }
}
