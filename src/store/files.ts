/** What the file driver does with single files. */

import { open } from "node:fs/promises";

/** Writes a new file, and returns when its bytes are on the disk; its entry in the folder may not be. */
export async function writeFlushed(
  path: string,
  bytes: Uint8Array,
): Promise<void> {
  const file = await open(path, "wx");
  try {
    await file.writeFile(bytes);
    await file.sync();
  } finally {
    await file.close();
  }
}

/** Flushes a folder's entries (files made, renamed and deleted) to disk. Windows cannot, and does so by itself. */
export async function flushEntries(folder: string): Promise<void> {
  if (process.platform === "win32") return;
  const file = await open(folder, "r");
  try {
    await file.sync();
  } finally {
    await file.close();
  }
}

/** Undefined where the file or its folder does not exist; every other error stays one. */
export async function orAbsent<T>(call: Promise<T>): Promise<T | undefined> {
  try {
    return await call;
  } catch (cause) {
    if (isAbsence(cause)) return undefined;
    throw cause;
  }
}

function isAbsence(cause: unknown): boolean {
  return cause instanceof Error && "code" in cause && cause.code === "ENOENT";
}
