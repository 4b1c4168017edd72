/** The store: records in buckets over any unstorage driver; each is read, decided on and written in one critical section. */

import { createPage, type PageBuilder } from "../core/page.ts";
import type {
  ScannedRecord,
  ScanPage,
  Store,
  Stored,
  StoreGuarantee,
} from "../ports.ts";
import type { DriverRow, StoreDriver } from "./driver.ts";
import { driverBytes, type Loaded } from "./driver-bytes.ts";
import { sealRecord } from "./envelope.ts";
import { createLocks } from "./lock.ts";
import { encodeBucket, encodeName, isName } from "./name.ts";
import { examineRecord } from "./record.ts";
import { createRecordCache } from "./record-cache.ts";
import { StoreError } from "./store-error.ts";

/**
 * Makes a store of a driver. `guarantee` is what its writes promise; our own drivers know theirs.
 *
 * The critical sections are this store's alone: nothing else may write through a driver to the same data.
 * Operating errors reject with a `StoreError`; what is not a key or a bucket rejects with a `TypeError`.
 */
export function createStore(options: {
  readonly driver: StoreDriver;
  readonly guarantee?: StoreGuarantee;
  /** How much of it is kept in memory, in bytes; absent: nothing. Only for data that nobody else writes to. */
  readonly cacheBytesMax?: number;
}): Store {
  const { driver, cacheBytesMax } = options;
  const cache =
    cacheBytesMax === undefined ? undefined : createRecordCache(cacheBytesMax);
  const bytes = driverBytes(driver);
  const guarantee = options.guarantee ?? driver.guarantee;
  if (guarantee === undefined)
    throw new TypeError(
      `say what ${bytes.place} guarantees: durable, volatile or eventual`,
    );
  const locks = createLocks();
  let closing: Promise<void> | undefined;

  function assertOpen(): void {
    if (closing)
      throw new StoreError(
        "store_failed",
        `The store in ${bytes.place} is closed: open it again.`,
      );
  }

  /** Where reads are not isolated from writes, they take their turn. */
  function load(place: Place): Promise<Loaded> {
    assertOpen();
    return driver.isolatedReads
      ? bytes.load(place.item)
      : locks.item(place, () => bytes.load(place.item));
  }

  /** In the record's critical section, where nothing changes between the disk and the cache. */
  async function loadToCache(place: KeyPlace): Promise<Stored> {
    const { bucket, key } = place;
    const cached = cache?.get(bucket, key);
    if (cached) return cached;
    const { stored } = examineRecord(place, await bytes.load(place.item));
    cache?.put(bucket, key, stored);
    return stored;
  }

  /** The write is in the cache once it is acknowledged; of one that failed nobody knows what the disk holds. */
  async function write(place: KeyPlace, payload: Uint8Array): Promise<void> {
    const { bucket, key, item } = place;
    try {
      await bytes.save(item, sealRecord({ bucket, key, payload }));
    } catch (error) {
      cache?.delete(bucket, key);
      throw error;
    }
    cache?.put(bucket, key, { kind: "record", bytes: payload });
  }

  async function scanNames(
    bucket: string,
    after: string,
    page: PageBuilder<ScannedRecord>,
  ): Promise<ScanPage> {
    for (const name of await bytes.names(encodeBucket(bucket))) {
      if (name <= after || !isName(name)) continue;
      if (page.full()) return page.end({ more: true });
      const place = placeOf(bucket, name);
      const record = examineRecord(place, await load(place));
      // Otherwise it was deleted since it was listed.
      if (record.stored.kind !== "absent") page.add(record);
    }
    return page.end({ more: false });
  }

  return {
    guarantee,
    nameOf: encodeName,

    async read(bucket, key) {
      assertOpen();
      const cached = cache?.get(bucket, key);
      if (cached) return cached;
      const place = keyPlaceOf(bucket, key);
      return cache
        ? locks.item(place, () => loadToCache(place))
        : examineRecord(place, await load(place)).stored;
    },

    async update(bucket, key, step) {
      assertOpen();
      const place = keyPlaceOf(bucket, key);
      return locks.item(place, async () => {
        const stored = await loadToCache(place);
        const { write: payload, result } = step(stored);
        if (payload) {
          await write(place, payload);
        } else if (payload === null && stored.kind !== "absent") {
          cache?.delete(bucket, key);
          await bytes.remove(place.item);
        }
        return result;
      });
    },

    async scan(bucket, { after = "", limit, bytesMax }) {
      assertOpen();
      const page = createPage<ScannedRecord>({ limit, bytesMax });
      return bytes.scan
        ? bytes.scan(encodeBucket(bucket), after, (rows) =>
            scanRows(bucket, rows, page),
          )
        : scanNames(bucket, after, page);
    },

    async drop(bucket) {
      assertOpen();
      const path = encodeBucket(bucket);
      await locks.bucket(bucket, () => {
        cache?.dropBucket(bucket);
        return bytes.drop(path);
      });
    },

    close() {
      closing ??= locks.idle().then(bytes.close);
      return closing;
    },
  };
}

/** Where a record is: the locks and the envelope go by bucket, name and key, the driver by `item`. */
interface Place {
  readonly bucket: string;
  readonly name: string;
  readonly key?: string;
  readonly item: string;
}

interface KeyPlace extends Place {
  readonly key: string;
}

function keyPlaceOf(bucket: string, key: string): KeyPlace {
  const name = encodeName(key);
  return { bucket, name, key, item: `${encodeBucket(bucket)}:${name}` };
}

function placeOf(bucket: string, name: string): Place {
  return { bucket, name, item: `${encodeBucket(bucket)}:${name}` };
}

function scanRows(
  bucket: string,
  rows: Iterable<DriverRow>,
  page: PageBuilder<ScannedRecord>,
): ScanPage {
  for (const { name, bytes } of rows) {
    if (!isName(name)) continue;
    if (page.full()) return page.end({ more: true });
    page.add(examineRecord({ bucket, name }, bytes));
  }
  return page.end({ more: false });
}
