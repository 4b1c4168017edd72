/** A file, or standard input, that is read from its beginning to its end. */
import { open } from "node:fs/promises";
import { fileError } from "./file-error.ts";

/** Can be read once; the file is closed at the end of its stream. */
export interface Input {
  readonly stream: AsyncIterable<Uint8Array>;
  /** Absent when nobody knows, as of standard input. */
  readonly bytesTotal: number | undefined;
  /** Milliseconds since 1970; absent for what is no file. */
  readonly changedAt: number | undefined;
}

/** `-` is standard input. Throws a `CliError` (`file_failed`) for what cannot be read. */
export async function openInput(file: string): Promise<Input> {
  if (file === "-")
    return {
      stream: process.stdin,
      bytesTotal: undefined,
      changedAt: undefined,
    };
  try {
    const handle = await open(file);
    const stats = await handle.stat();
    if (stats.isDirectory()) {
      await handle.close();
      throw { code: "EISDIR" };
    }
    const isFile = stats.isFile();
    return {
      stream: handle.createReadStream({ highWaterMark: 256 * 1024 }),
      bytesTotal: isFile ? stats.size : undefined,
      changedAt: isFile ? stats.mtimeMs : undefined,
    };
  } catch (cause) {
    throw fileError(file, cause);
  }
}
