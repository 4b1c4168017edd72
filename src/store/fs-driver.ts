/** The driver on plain files, one a record, each replaced whole and flushed to disk; slower than SQLite, open to every tool. */

import { existsSync, readdirSync, rmSync } from "node:fs";
import { mkdir, readdir, readFile, rename, unlink } from "node:fs/promises";
import { dirname, join, relative, resolve, sep } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { claimFolder, flushFolder, homes, makeFolder } from "./data-folder.ts";
import { bytesDriver, type StoreDriver } from "./driver.ts";
import { flushEntries, orAbsent, writeFlushed } from "./files.ts";
import { createLimit } from "./limit.ts";
import { createSharedRun } from "./shared-run.ts";
import { type StoreError, toStoreError } from "./store-error.ts";

/** More would only wait for the disk, each with files open. */
const operationsMax = 32;

/**
 * Opens, or makes, a folder of records: a bucket is a folder in it, a record a file. The folder is this process's
 * alone until it is closed or the process ends. Its keys are made of [a-z0-9-] segments.
 * Throws a `StoreError`: the folder is in use, read-only or full, or holds another kind of store.
 *
 * A write makes a file beside the records, flushes it, renames it over the old one, and flushes the folder. Between
 * the last two a read would see what a crash can undo, hence no `isolatedReads`.
 */
export function fsDriver(options: { readonly folder: string }): StoreDriver {
  const folder = resolve(options.folder);
  claimFolder(folder, "fs");
  const unlock = lockFolder(folder);
  const records = join(folder, homes.fs);
  const drafts = join(folder, "drafts");
  prepareFolders({ records, drafts, folder, unlock });

  const limited = createLimit(operationsMax);
  const settled = new Set([records]);
  let draftCount = 0;
  let lost: StoreError | undefined;

  /** After a failed flush nobody knows what is on the disk, and repeating it may falsely succeed: all work ends. */
  const flushShared = createSharedRun(async (path) => {
    await flushEntries(path).catch((cause) => {
      lost = toStoreError(cause, folder);
      throw lost;
    });
  });

  function pathOf(item: string): string {
    if (lost) throw lost;
    return join(records, ...segmentsOf(item));
  }

  /** Before the first use of a bucket: what a killed process made, renamed or deleted there may not be on the disk. */
  async function settle(path: string, { make = false } = {}): Promise<void> {
    if (settled.has(path)) return;
    if (!existsSync(path)) {
      if (!make) return;
      await settle(dirname(path), { make });
      await mkdir(path, { recursive: true });
    }
    await flushShared(dirname(path));
    await flushShared(path);
    settled.add(path);
  }

  async function namesIn(path: string): Promise<string[]> {
    await settle(path);
    const entries = await orAbsent(readdir(path, { withFileTypes: true }));
    return (entries ?? [])
      .filter((entry) => entry.isFile())
      .map(({ name }) => name);
  }

  async function read(path: string): Promise<Uint8Array | null> {
    await settle(dirname(path));
    return (await orAbsent(readFile(path))) ?? null;
  }

  async function replace(path: string, bytes: Uint8Array): Promise<void> {
    const draft = join(drafts, String(draftCount++));
    await settle(dirname(path), { make: true });
    try {
      await writeFlushed(draft, bytes);
      await rename(draft, path);
    } catch (cause) {
      await unlink(draft).catch(() => {});
      throw cause;
    }
    await flushShared(dirname(path));
  }

  async function remove(path: string): Promise<void> {
    await settle(dirname(path));
    const removed = await orAbsent(unlink(path).then(() => true));
    if (removed) await flushShared(dirname(path));
  }

  return bytesDriver({
    name: "ringwalk-fs",
    place: folder,
    guarantee: "durable",
    ownedReads: true,

    getItemRaw: (item) => limited(() => read(pathOf(item))),

    setItemRaw: (item, bytes) => limited(() => replace(pathOf(item), bytes)),

    removeItem: (item) => limited(() => remove(pathOf(item))),

    async getKeys(base) {
      const from = pathOf(base.replace(/[^:]*$/, "").replace(/:$/, ""));
      const entries = await orAbsent(
        readdir(from, { recursive: true, withFileTypes: true }),
      );
      return (entries ?? [])
        .filter((entry) => entry.isFile())
        .map((entry) => relative(records, join(entry.parentPath, entry.name)))
        .map((path) => path.replaceAll(sep, ":"))
        .filter((item) => item.startsWith(base));
    },

    listNames: (bucket) => namesIn(pathOf(bucket)),

    async dropBucket(bucket) {
      const path = pathOf(bucket);
      const names = await namesIn(path);
      for (const name of names) await unlink(join(path, name));
      if (names.length > 0) await flushShared(path);
    },

    dispose: unlock,
  });
}

/**
 * Holds the folder until the returned function is called. A lock of SQLite's, on a file that stays empty: the system
 * frees it with its process, however that ends.
 */
function lockFolder(folder: string): () => void {
  try {
    const database = new DatabaseSync(join(folder, "lock"));
    try {
      database.exec("BEGIN EXCLUSIVE");
    } catch (cause) {
      database.close();
      throw cause;
    }
    return () => database.close();
  } catch (cause) {
    throw toStoreError(cause, folder);
  }
}

/** Makes what is missing, and clears away the drafts of writes that a crash cut short. */
function prepareFolders(options: {
  readonly records: string;
  readonly drafts: string;
  readonly folder: string;
  readonly unlock: () => void;
}): void {
  try {
    makeFolder(options.drafts);
    for (const draft of readdirSync(options.drafts))
      rmSync(join(options.drafts, draft), { recursive: true, force: true });
    makeFolder(options.records);
    flushFolder(options.records);
  } catch (cause) {
    options.unlock();
    throw toStoreError(cause, options.folder);
  }
}

const segment = /^[a-z0-9-]+$/;

function segmentsOf(item: string): string[] {
  if (item === "") return [];
  const segments = item.split(":");
  if (!segments.every((text) => segment.test(text)))
    throw new TypeError(`not a key of this driver: ${JSON.stringify(item)}`);
  return segments;
}
