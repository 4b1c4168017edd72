/** The folder that a node keeps its records in: made, claimed by one kind of store, and flushed to disk. */

import {
  accessSync,
  closeSync,
  constants,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
} from "node:fs";
import { dirname, join, resolve } from "node:path";
import { StoreError, toStoreError } from "./store-error.ts";

/** What each kind of store keeps its records in, inside the data folder. */
export const homes = { sqlite: "ringwalk.sqlite", fs: "records" } as const;

/**
 * Makes the folder where there is none, and makes sure that a store of this kind can use it.
 * Throws a `StoreError`: it cannot be written, or holds a store of the other kind, which would look empty to this one.
 */
export function claimFolder(folder: string, kind: keyof typeof homes): void {
  try {
    makeFolder(folder);
    accessSync(folder, constants.W_OK);
    const home = join(folder, homes[kind]);
    if (existsSync(home)) accessSync(home, constants.W_OK);
  } catch (cause) {
    throw toStoreError(cause, folder);
  }
  const other = kind === "sqlite" ? "fs" : "sqlite";
  if (existsSync(join(folder, homes[other])))
    throw new StoreError(
      "store_failed",
      `The data folder ${folder} holds a store of kind ${other}: use that kind, or choose another folder.`,
    );
}

/**
 * Makes the folder and those above it, from the top down, each entry flushed to disk before the next is made: a folder
 * that a crash forgets loses all that is in it. An existing one is flushed too: who made it may have been killed.
 */
export function makeFolder(folder: string): void {
  const above = dirname(resolve(folder));
  const isNew = !existsSync(folder);
  if (isNew) {
    makeFolder(above);
    mkdirSync(folder, { recursive: true });
  }
  try {
    flushFolder(above);
  } catch (cause) {
    // Not ours to read, so not one that this user made.
    if (isNew || !isRefusal(cause)) throw cause;
  }
}

/** Flushes a folder's entries (files made, renamed and deleted) to disk. Windows cannot, and does so by itself. */
export function flushFolder(folder: string): void {
  if (process.platform !== "win32") flushFile(folder, "r");
}

/** Flushes a file to disk, whoever wrote it. */
export function flushFile(path: string, flags = "r+"): void {
  const handle = openSync(path, flags);
  try {
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}

function isRefusal(cause: unknown): boolean {
  return toStoreError(cause, "").code === "store_read_only";
}
