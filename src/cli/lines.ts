/** The lines of a stream, one at a time: no more of the stream is held than the line that is being read. */
import { CliError } from "./exit-code.ts";

export interface Line {
  /** From 1. */
  readonly number: number;
  readonly text: string;
  /** Where the line ends in the stream. */
  readonly bytesRead: number;
}

const lineFeed = 0x0a;

/** Lines without their ends (LF or CR LF); empty ones are left out. Throws when one has more than `lineBytesMax` bytes. */
export async function* linesOf(
  stream: AsyncIterable<Uint8Array>,
  lineBytesMax: number,
): AsyncGenerator<Line> {
  const decoder = new TextDecoder("utf-8", { fatal: true });
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

  function* end(): Generator<Line> {
    const text = textOf(decoder, Buffer.concat(parts), number).trim();
    if (text !== "") yield { number, text, bytesRead };
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
      yield* end();
    }
    add(chunk.subarray(from));
  }
  yield* end();
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
