/** The driver on `node:sqlite`, the default of servers: durable, committed in groups, and ordered within a bucket. */

import { resolve } from "node:path";
import type { DatabaseSync, StatementSync } from "node:sqlite";
import { setImmediate } from "node:timers";
import {
  bytesDriver,
  joinItem,
  type StoreDriver,
  splitItem,
} from "./driver.ts";
import { createGroupCommit, type QueuedWrite } from "./group-commit.ts";
import { openDatabase } from "./sqlite-database.ts";

/** How many records a drop deletes in one transaction; between two of them the node answers. */
const dropRecordsMax = 1000;

/**
 * Opens, or makes, the database in `folder`. It is this process's alone until it is closed or the process ends.
 * Throws a `StoreError`: the folder is in use, read-only or full, or the file is damaged or not ringwalk's.
 *
 * SQLite works on the calling thread, so nothing reads between the statements of a transaction: a read sees what was
 * committed, which is on the disk (WAL with synchronous=FULL).
 */
export function sqliteDriver(options: {
  readonly folder: string;
}): StoreDriver {
  const folder = resolve(options.folder);
  const database = openDatabase(folder);
  const statements = prepareStatements(database);
  const write = createGroupCommit({
    soon: setImmediate,
    commit: (writes) => commitWrites(database, statements, writes),
  });

  return bytesDriver({
    name: "ringwalk-sqlite",
    place: folder,
    guarantee: "durable",
    ownedReads: true,
    isolatedReads: true,

    getItemRaw(item) {
      const { bucket, name } = splitItem(item);
      const row = statements.get.get(bucket, name);
      return row ? bytesOf(row.value) : null;
    },

    setItemRaw: (item, bytes) => write({ item, bytes }),

    removeItem: (item) => write({ item, bytes: undefined }),

    getKeys(base) {
      return Array.from(statements.list.iterate(), ({ bucket, name }) =>
        joinItem(String(bucket), String(name)),
      ).filter((item) => item.startsWith(base));
    },

    *scanBucket(bucket, after) {
      for (const { name, value } of statements.scan.iterate(bucket, after))
        yield { name: String(name), bytes: bytesOf(value) };
    },

    async dropBucket(bucket) {
      while (statements.drop.run(bucket, dropRecordsMax).changes > 0)
        await new Promise<void>((resolve) => setImmediate(resolve));
    },

    dispose() {
      database.close();
    },
  });
}

type Statements = ReturnType<typeof prepareStatements>;

function prepareStatements(database: DatabaseSync) {
  const prepare = (sql: string): StatementSync => database.prepare(sql);
  return {
    begin: prepare("BEGIN"),
    commit: prepare("COMMIT"),
    get: prepare("SELECT value FROM records WHERE bucket = ? AND name = ?"),
    put: prepare(
      `INSERT INTO records (bucket, name, value) VALUES (?, ?, ?)
       ON CONFLICT (bucket, name) DO UPDATE SET value = excluded.value`,
    ),
    remove: prepare("DELETE FROM records WHERE bucket = ? AND name = ?"),
    scan: prepare(
      `SELECT name, value FROM records WHERE bucket = ? AND name > ?
       ORDER BY name`,
    ),
    list: prepare("SELECT bucket, name FROM records"),
    drop: prepare(
      `DELETE FROM records WHERE rowid IN
       (SELECT rowid FROM records WHERE bucket = ? LIMIT ?)`,
    ),
  };
}

function commitWrites(
  database: DatabaseSync,
  statements: Statements,
  writes: readonly QueuedWrite[],
): void {
  try {
    statements.begin.run();
    for (const { item, bytes } of writes) {
      const { bucket, name } = splitItem(item);
      if (bytes) statements.put.run(bucket, name, bytes);
      else statements.remove.run(bucket, name);
    }
    statements.commit.run();
  } catch (cause) {
    rollBack(database);
    throw cause;
  }
}

function rollBack(database: DatabaseSync): void {
  try {
    database.exec("ROLLBACK");
  } catch {
    // After some errors, a full disk among them, SQLite has rolled back by itself.
  }
}

/** The table is STRICT, so this is a BLOB; anything else is as unreadable as no bytes at all. */
function bytesOf(value: unknown): Uint8Array {
  return value instanceof Uint8Array ? value : new Uint8Array();
}
