/** The driver on a Durable Object's own SQLite: durable by the platform's output gate, ordered within a bucket. */

import {
  bytesDriver,
  type DriverRow,
  joinItem,
  type StoreDriver,
  splitItem,
} from "./driver.ts";
import { StoreError } from "./store-error.ts";

/**
 * The part of `DurableObjectStorage` that the driver uses
 * (https://developers.cloudflare.com/durable-objects/api/sqlite-storage-api/).
 */
export interface ObjectSqlStorage {
  readonly sql: {
    exec(
      query: string,
      ...bindings: readonly (string | number | ArrayBuffer)[]
    ): Iterable<Readonly<Record<string, unknown>>> & {
      readonly rowsWritten: number;
    };
  };
  /** Runs it in one transaction: all of its statements take place, or none. */
  transactionSync<T>(run: () => T): T;
}

/** One row takes 2 MB, its key included. Most records are of one piece. */
export const pieceBytesMax = 1_900_000;

/** How many records a drop deletes in one statement; between two of them the object answers. */
const dropRecordsMax = 1000;

const schemaVersion = 1;

/**
 * Opens, or makes, the tables in an object's storage. A promise of it resolves when SQLite has the write: the platform
 * holds back calls, and answers that are there as a whole, until all writes before them are durable, and resets the
 * object when they cannot be. Whoever streams has to wait for that before each part. Throws a `StoreError` when a later
 * release wrote the data.
 */
export function durableObjectDriver(storage: ObjectSqlStorage): StoreDriver {
  const { sql } = storage;
  createSchema(storage);

  function putPieces(bucket: string, name: string, bytes: Uint8Array): void {
    let piece = 0;
    for (let at = 0; at === 0 || at < bytes.length; at += pieceBytesMax)
      sql.exec(
        `INSERT INTO records (bucket, name, piece, value) VALUES (?, ?, ?, ?)
         ON CONFLICT (bucket, name, piece) DO UPDATE SET value = excluded.value`,
        bucket,
        name,
        piece++,
        bufferOf(bytes.subarray(at, at + pieceBytesMax)),
      );
    sql.exec(
      "DELETE FROM records WHERE bucket = ? AND name = ? AND piece >= ?",
      bucket,
      name,
      piece,
    );
  }

  return bytesDriver({
    name: "ringwalk-durable-object",
    place: "this object's storage",
    guarantee: "durable",
    ownedReads: true,
    isolatedReads: true,

    getItemRaw(item) {
      const { bucket, name } = splitItem(item);
      const rows = sql.exec(
        `SELECT name, value FROM records WHERE bucket = ? AND name = ?
         ORDER BY piece`,
        bucket,
        name,
      );
      for (const { bytes } of recordsOf(rows)) return bytes;
      return null;
    },

    setItemRaw(item, bytes) {
      const { bucket, name } = splitItem(item);
      storage.transactionSync(() => putPieces(bucket, name, bytes));
    },

    removeItem(item) {
      const { bucket, name } = splitItem(item);
      sql.exec(
        "DELETE FROM records WHERE bucket = ? AND name = ?",
        bucket,
        name,
      );
    },

    getKeys(base) {
      const rows = sql.exec("SELECT bucket, name FROM records WHERE piece = 0");
      return Array.from(rows, ({ bucket, name }) =>
        joinItem(String(bucket), String(name)),
      ).filter((item) => item.startsWith(base));
    },

    scanBucket: (bucket, after) =>
      recordsOf(
        sql.exec(
          `SELECT name, value FROM records WHERE bucket = ? AND name > ?
           ORDER BY name, piece`,
          bucket,
          after,
        ),
      ),

    async dropBucket(bucket) {
      const drop = () =>
        sql.exec(
          `DELETE FROM records WHERE bucket = ? AND name IN
           (SELECT name FROM records WHERE bucket = ? LIMIT ?)`,
          bucket,
          bucket,
          dropRecordsMax,
        ).rowsWritten;
      while (drop() > 0)
        await new Promise<void>((resolve) => setTimeout(resolve));
    },
  });
}

/*
 * WITHOUT ROWID: each row written is billed, and an index would be another one of each. A record's pieces follow one
 * another in the table.
 */
function createSchema(storage: ObjectSqlStorage): void {
  const { sql } = storage;
  sql.exec("CREATE TABLE IF NOT EXISTS ringwalk (version INTEGER NOT NULL)");
  const [row] = sql.exec("SELECT version FROM ringwalk");
  if (row === undefined)
    storage.transactionSync(() => {
      sql.exec(
        `CREATE TABLE records (
           bucket TEXT NOT NULL,
           name TEXT NOT NULL,
           piece INTEGER NOT NULL,
           value BLOB NOT NULL,
           PRIMARY KEY (bucket, name, piece)
         ) STRICT, WITHOUT ROWID`,
      );
      sql.exec("INSERT INTO ringwalk (version) VALUES (?)", schemaVersion);
    });
  else if (row.version !== schemaVersion)
    throw new StoreError(
      "store_failed",
      `The data of this object has version ${row.version}, and this ringwalk reads version ${schemaVersion}: deploy the release that wrote it.`,
    );
}

/** Puts the pieces of each record together; rows of one record follow one another. */
function* recordsOf(
  rows: Iterable<Readonly<Record<string, unknown>>>,
): Iterable<DriverRow> {
  let name: string | undefined;
  let pieces: Uint8Array[] = [];
  for (const row of rows) {
    if (name !== undefined && row.name !== name) {
      yield { name, bytes: joined(pieces) };
      pieces = [];
    }
    name = String(row.name);
    pieces.push(bytesOf(row.value));
  }
  if (name !== undefined) yield { name, bytes: joined(pieces) };
}

function joined(pieces: readonly Uint8Array[]): Uint8Array {
  const [first] = pieces;
  if (first && pieces.length === 1) return first;
  const length = pieces.reduce((sum, piece) => sum + piece.length, 0);
  const bytes = new Uint8Array(length);
  let at = 0;
  for (const piece of pieces) {
    bytes.set(piece, at);
    at += piece.length;
  }
  return bytes;
}

function bytesOf(value: unknown): Uint8Array {
  if (value instanceof ArrayBuffer) return new Uint8Array(value);
  throw new StoreError(
    "store_corrupt",
    "A record in this object's storage is no BLOB: something else than ringwalk has written there.",
  );
}

/** SQLite binds a whole buffer. */
function bufferOf(bytes: Uint8Array): ArrayBuffer {
  return bytes.slice().buffer;
}
