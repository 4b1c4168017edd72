/** How many records a node keeps, and their bytes: counted as its store is scanned and written, never for the sake of counting. */
import type { ScanPage, Store, Stored, StoreWrite } from "../ports.ts";
import { isPartitionBucket } from "./state.ts";

/** What the node keeps, as far as it was counted: less than there is until every bucket was scanned. */
export interface Holdings {
  readonly records: number;
  /** Of whole records, not of values alone. */
  readonly bytes: number;
  /** Of how many buckets of keys that is known: each is scanned from end to end after a start. */
  readonly buckets: number;
}

/** The store to use from now on: what goes past it is not counted. */
export interface HeldStore {
  readonly store: Store;
  holdings(): Holdings;
}

interface Sum {
  records: number;
  bytes: number;
}

/** A scan from a bucket's beginning, as far as it has come. */
interface Sweep extends Sum {
  next: string;
}

/**
 * Watches a store from its outside. What is written while a bucket is scanned for the first time may be counted twice
 * or not at all; from then on every write is.
 */
export function withHoldings(store: Store): HeldStore {
  const known = new Map<string, Sum>();
  const sweeps = new Map<string, Sweep>();

  function noteScan(
    bucket: string,
    after: string | undefined,
    { records, next }: ScanPage,
  ): void {
    if (known.has(bucket) || !isPartitionBucket(bucket)) return;
    const sweep = sweeps.get(bucket);
    if (after !== undefined && sweep?.next !== after) return;
    const sum = after === undefined ? undefined : sweep;
    const total: Sum = {
      records: (sum?.records ?? 0) + records.length,
      bytes: records.reduce(
        (bytes, { stored }) => bytes + bytesOf(stored),
        sum?.bytes ?? 0,
      ),
    };
    if (next !== undefined) sweeps.set(bucket, { ...total, next });
    else {
      sweeps.delete(bucket);
      known.set(bucket, total);
    }
  }

  function noteWrite(bucket: string, before: Stored, write: StoreWrite): void {
    const sum = known.get(bucket);
    if (!sum || write === undefined) return;
    const was = before.kind === "absent" ? 0 : 1;
    sum.records += (write === null ? 0 : 1) - was;
    sum.bytes += (write?.byteLength ?? 0) - bytesOf(before);
  }

  return {
    holdings() {
      let records = 0;
      let bytes = 0;
      for (const sum of known.values()) {
        records += sum.records;
        bytes += sum.bytes;
      }
      return { records, bytes, buckets: known.size };
    },
    store: {
      ...store,
      async update(bucket, key, step) {
        let before: Stored = { kind: "absent" };
        let write: StoreWrite;
        const result = await store.update(bucket, key, (stored) => {
          const outcome = step(stored);
          before = stored;
          write = outcome.write;
          return outcome;
        });
        noteWrite(bucket, before, write);
        return result;
      },
      async scan(bucket, options) {
        const page = await store.scan(bucket, options);
        noteScan(bucket, options.after, page);
        return page;
      },
      async drop(bucket) {
        await store.drop(bucket);
        known.delete(bucket);
        sweeps.delete(bucket);
      },
    },
  };
}

function bytesOf(stored: Stored): number {
  return stored.kind === "record" ? stored.bytes.byteLength : 0;
}
