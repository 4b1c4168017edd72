/** The driver that keeps records in memory: for tests, caches, and nodes that may lose their data with their process. */

import {
  bytesDriver,
  joinItem,
  type StoreDriver,
  splitItem,
} from "./driver.ts";

interface Bucket {
  readonly records: Map<string, Uint8Array>;
  /** The records' names in order; made by a scan, undone by a name that comes or goes. */
  sorted: readonly string[] | undefined;
}

/** Makes an empty one. Unlike unstorage's own, it lists a bucket without a walk through the others, in order. */
export function memoryDriver(): StoreDriver {
  const buckets = new Map<string, Bucket>();

  return bytesDriver({
    name: "ringwalk-memory",
    place: "memory",
    guarantee: "volatile",
    ownedReads: true,
    isolatedReads: true,

    getItemRaw(item) {
      const { bucket, name } = splitItem(item);
      return buckets.get(bucket)?.records.get(name)?.slice() ?? null;
    },

    setItemRaw(item, bytes) {
      const { bucket, name } = splitItem(item);
      const known = buckets.get(bucket);
      const { records } = known ?? addBucket(buckets, bucket);
      if (known && !records.has(name)) known.sorted = undefined;
      records.set(name, bytes);
    },

    removeItem(item) {
      const { bucket, name } = splitItem(item);
      const known = buckets.get(bucket);
      if (!known?.records.delete(name)) return;
      known.sorted = undefined;
      if (known.records.size === 0) buckets.delete(bucket);
    },

    getKeys(base) {
      return [...buckets].flatMap(([bucket, { records }]) =>
        [...records.keys()]
          .map((name) => joinItem(bucket, name))
          .filter((item) => item.startsWith(base)),
      );
    },

    *scanBucket(bucket, after) {
      const known = buckets.get(bucket);
      if (!known) return;
      known.sorted ??= [...known.records.keys()].sort();
      const names = known.sorted;
      for (let at = firstBehind(names, after); at < names.length; at++) {
        const name = names[at] ?? "";
        const bytes = known.records.get(name);
        if (bytes) yield { name, bytes: bytes.slice() };
      }
    },

    dropBucket(bucket) {
      buckets.delete(bucket);
    },
  });
}

function addBucket(buckets: Map<string, Bucket>, name: string): Bucket {
  const bucket: Bucket = { records: new Map(), sorted: undefined };
  buckets.set(name, bucket);
  return bucket;
}

/** The index of the first name that is greater than `after`. */
function firstBehind(sorted: readonly string[], after: string): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((sorted[middle] ?? "") <= after) low = middle + 1;
    else high = middle;
  }
  return low;
}
