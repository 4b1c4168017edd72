/** The store: records in buckets over any unstorage driver; each is read, decided on and written in one critical section. */

import type { ScanPage, Store, StoreGuarantee } from "../ports.ts";
import type { DriverRow, StoreDriver } from "./driver.ts";
import { driverBytes, type Loaded } from "./driver-bytes.ts";
import { sealRecord } from "./envelope.ts";
import { createLocks } from "./lock.ts";
import { encodeBucket, encodeName, isName } from "./name.ts";
import { createPage, type PageBuilder } from "./page.ts";
import { examineRecord } from "./record.ts";
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
}): Store {
  const { driver } = options;
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

  async function scanNames(
    bucket: string,
    after: string,
    page: PageBuilder,
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

    async read(bucket, key) {
      const place = placeOf(bucket, encodeName(key), key);
      return examineRecord(place, await load(place)).stored;
    },

    async update(bucket, key, step) {
      assertOpen();
      const place = placeOf(bucket, encodeName(key), key);
      return locks.item(place, async () => {
        const loaded = await bytes.load(place.item);
        const { stored } = examineRecord(place, loaded);
        const { write, result } = step(stored);
        if (write) {
          const record = sealRecord({ bucket, key, payload: write });
          await bytes.save(place.item, record);
        } else if (write === null && stored.kind !== "absent") {
          await bytes.remove(place.item);
        }
        return result;
      });
    },

    async scan(bucket, { after = "", limit, bytesMax }) {
      assertOpen();
      const page = createPage({ limit, bytesMax });
      return bytes.scan
        ? bytes.scan(encodeBucket(bucket), after, (rows) =>
            scanRows(bucket, rows, page),
          )
        : scanNames(bucket, after, page);
    },

    async drop(bucket) {
      assertOpen();
      const path = encodeBucket(bucket);
      await locks.bucket(bucket, () => bytes.drop(path));
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
  readonly key: string | undefined;
  readonly item: string;
}

function placeOf(bucket: string, name: string, key?: string): Place {
  return { bucket, name, key, item: `${encodeBucket(bucket)}:${name}` };
}

function scanRows(
  bucket: string,
  rows: Iterable<DriverRow>,
  page: PageBuilder,
): ScanPage {
  for (const { name, bytes } of rows) {
    if (!isName(name)) continue;
    if (page.full()) return page.end({ more: true });
    page.add(examineRecord({ bucket, name }, bytes));
  }
  return page.end({ more: false });
}
