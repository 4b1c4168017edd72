/** Records by item, in buckets, with their sum of bytes: what a disk holds. */
import { type DriverRow, joinItem, splitItem } from "../store/driver.ts";

/** Bytes are kept and given as they are, not copied; `scan` alone copies. */
export interface DiskRecords {
  /** `null` where there is none. */
  get(item: string): Uint8Array | null;
  /** `null` removes it. */
  set(item: string, bytes: Uint8Array | null): void;
  /** In the order in which they came into being, bucket by bucket. */
  items(): readonly string[];
  names(bucket: string): readonly string[];
  /** The bucket's records behind a name, in the order of their names. */
  scan(bucket: string, after: string): Iterable<DriverRow>;
  bytesTotal(): number;
}

/** An empty disk. */
export function createDiskRecords(): DiskRecords {
  const buckets = new Map<string, Map<string, Uint8Array>>();
  let bytesTotal = 0;

  function get(item: string): Uint8Array | null {
    const { bucket, name } = splitItem(item);
    return buckets.get(bucket)?.get(name) ?? null;
  }

  const names = (bucket: string) => [...(buckets.get(bucket)?.keys() ?? [])];

  return {
    get,
    set(item, bytes) {
      const { bucket, name } = splitItem(item);
      bytesTotal += (bytes?.length ?? 0) - (get(item)?.length ?? 0);
      const records = buckets.get(bucket) ?? new Map<string, Uint8Array>();
      if (bytes) records.set(name, bytes);
      else records.delete(name);
      if (records.size > 0) buckets.set(bucket, records);
      else buckets.delete(bucket);
    },
    items: () =>
      [...buckets.keys()].flatMap((bucket) =>
        names(bucket).map((name) => joinItem(bucket, name)),
      ),
    names,
    *scan(bucket, after) {
      for (const name of names(bucket).sort()) {
        const bytes = name > after && buckets.get(bucket)?.get(name);
        if (bytes) yield { name, bytes: bytes.slice() };
      }
    },
    bytesTotal: () => bytesTotal,
  };
}
