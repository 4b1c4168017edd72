/** What goes to standard output: results, whole and in order, nothing else. Messages for people go to standard error. */
import { stripVTControlCharacters } from "node:util";

/** Writes, and waits where the reader is slower. */
export async function write(chunk: string | Uint8Array): Promise<void> {
  await new Promise<void>((resolve) => {
    if (process.stdout.write(chunk)) resolve();
    else process.stdout.once("drain", resolve);
  });
}

/** A result; the line end is added. */
export async function writeLine(line: string): Promise<void> {
  await write(`${line}\n`);
}

/** A result as one line, indented where a person reads it. */
export async function writeJson(value: unknown): Promise<void> {
  await writeLine(JSON.stringify(value, null, process.stdout.isTTY ? 2 : 0));
}

/** A line for a person, on standard error. */
export function note(line: string): void {
  process.stderr.write(`${line}\n`);
}

/** Where something is written, as far as colours and bars depend on it. */
type Screen = { readonly isTTY?: boolean };

/**
 * Colours are for terminals, and for people who did not refuse them (https://no-color.org). FORCE_COLOR asks for them
 * anywhere (https://force-color.org), and as in Node.js goes before NO_COLOR; 0 or false refuses them.
 */
export function wantsColour(
  stream: Screen,
  { FORCE_COLOR, NO_COLOR }: NodeJS.ProcessEnv = process.env,
): boolean {
  if (FORCE_COLOR) return FORCE_COLOR !== "0" && FORCE_COLOR !== "false";
  return !NO_COLOR && canRedraw(stream);
}

/** Whether what was written can be drawn over: bars and live views are for terminals alone, whatever is asked for. */
export function canRedraw(stream: Screen): boolean {
  return stream.isTTY === true && process.env.TERM !== "dumb";
}

/** The text, without its colours where they are not wanted. */
export function coloured(
  text: string,
  stream: Screen = process.stdout,
): string {
  return wantsColour(stream) ? text : stripVTControlCharacters(text);
}

/** A reader that closes its end (`| head`) has what it wants: that is no error. */
export function endWithReader(): void {
  process.stdout.on("error", (error: NodeJS.ErrnoException) => {
    process.exit(error.code === "EPIPE" ? 0 : 1);
  });
  // A log that nobody reads any more is no reason to stop serving.
  process.stderr.on("error", () => {});
}

/** Resolves when all that was written has been handed on. */
export function flushed(): Promise<void> {
  return new Promise((resolve) => {
    process.stdout.write("", () => process.stderr.write("", () => resolve()));
  });
}
