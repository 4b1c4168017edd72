/** Records kept in memory beside a store that nobody else writes to, so that a read of one costs neither disk nor checksum. */

import { cachedRecordBytesMax } from "../core/limits.ts";
import type { Stored } from "../ports.ts";

/** Holds what the store has acknowledged, and nothing else: who fills it is inside the record's critical section. */
export interface RecordCache {
  /** The same object as long as the record stays here and is not written; absent when it is not known. */
  get(bucket: string, key: string): Stored | undefined;
  /** Takes in a record that is durable; anything else, and what is too large, is only let go of. */
  put(bucket: string, key: string, stored: Stored): void;
  delete(bucket: string, key: string): void;
  dropBucket(bucket: string): void;
}

type Generation = Map<string, Map<string, Stored>>;

/** A record's bytes may stand here twice: as they are stored, and decoded by whoever reads them. */
const weightOf = (stored: Stored) =>
  stored.kind === "record" ? overheadBytes + 2 * stored.bytes.length : 0;
/** Its objects, and those that it is decoded into. */
const overheadBytes = 1024;

/**
 * Makes an empty cache. It has two generations of half of `bytesMax`: what is used goes to the young one, and when
 * that is full the old one is forgotten and the young one grows old. So a hit need not note when it was.
 */
export function createRecordCache(bytesMax: number): RecordCache {
  let young: Generation = new Map();
  let old: Generation = new Map();
  let youngBytes = 0;

  function remove(generation: Generation, bucket: string, key: string): number {
    const records = generation.get(bucket);
    const known = records?.get(key);
    if (!records || !known) return 0;
    records.delete(key);
    if (records.size === 0) generation.delete(bucket);
    return weightOf(known);
  }

  function letGo(bucket: string, key: string): void {
    youngBytes -= remove(young, bucket, key);
    remove(old, bucket, key);
  }

  function put(bucket: string, key: string, stored: Stored): void {
    letGo(bucket, key);
    if (stored.kind !== "record" || stored.bytes.length > cachedRecordBytesMax)
      return;
    const weight = weightOf(stored);
    if (youngBytes + weight > bytesMax / 2) {
      old = young;
      young = new Map();
      youngBytes = 0;
    }
    const records = young.get(bucket);
    if (records) records.set(key, stored);
    else young.set(bucket, new Map([[key, stored]]));
    youngBytes += weight;
  }

  return {
    get(bucket, key) {
      const known = young.get(bucket)?.get(key);
      if (known) return known;
      const aged = old.get(bucket)?.get(key);
      if (aged) put(bucket, key, aged);
      return aged;
    },
    put,
    delete: letGo,
    dropBucket(bucket) {
      for (const stored of young.get(bucket)?.values() ?? [])
        youngBytes -= weightOf(stored);
      young.delete(bucket);
      old.delete(bucket);
    },
  };
}
