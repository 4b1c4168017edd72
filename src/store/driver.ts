/** What a store needs from a driver: unstorage's interface, and what our own drivers can do beyond it. */

import type { Driver } from "unstorage";
import type { StoreGuarantee } from "../ports.ts";

/** A stored record as a driver lists it. */
export interface DriverRow {
  readonly name: string;
  /** The reader's alone. */
  readonly bytes: Uint8Array;
}

/**
 * An unstorage driver. What is optional here is a capability that the store uses when it finds it; drivers of
 * unstorage have none of them. `bucket` is a driver's key without its last segment, as in `r1:p:00af`.
 */
export interface StoreDriver extends Driver {
  /** What its writes promise; absent means that whoever configures it has to say. */
  readonly guarantee?: StoreGuarantee;
  /** Where the data is, for error messages: a folder, a url. */
  readonly place?: string;
  /** What a read returns is its reader's alone; otherwise the store copies it. */
  readonly ownedReads?: boolean;
  /** A read beside a write of the same key gets the old bytes or the new ones once they are kept, never torn ones. */
  readonly isolatedReads?: boolean;
  /**
   * The bucket's records behind the name `after`, in the order of their names, read as the loop proceeds.
   * The loop runs without a pause, and must not call the driver meanwhile. Needs `isolatedReads`.
   */
  scanBucket?(bucket: string, after: string): Iterable<DriverRow>;
  /** The names in one bucket, in any order, without a walk through others; instead of `getKeys(bucket)`. */
  listNames?(bucket: string): Promise<readonly string[]> | readonly string[];
  /** Deletes the bucket's records, but not those of deeper buckets. */
  dropBucket?(bucket: string): Promise<void> | void;
}

/** A driver's key in two: `r1:p:00af:k-a` is `k-a` in bucket `r1:p:00af`. A key of one segment is in bucket "". */
export function splitItem(item: string): {
  readonly bucket: string;
  readonly name: string;
} {
  const at = item.lastIndexOf(":");
  return { bucket: item.slice(0, Math.max(at, 0)), name: item.slice(at + 1) };
}

/** The inverse of `splitItem`. */
export function joinItem(bucket: string, name: string): string {
  return bucket === "" ? name : `${bucket}:${name}`;
}

type Maybe<T> = T | Promise<T>;

/** The part of an unstorage driver that handles bytes. */
interface BytesDriver extends Omit<StoreDriver, "hasItem" | "getItem"> {
  getItemRaw(item: string): Maybe<Uint8Array | null>;
  setItemRaw(item: string, bytes: Uint8Array): Maybe<void>;
  removeItem(item: string): Maybe<void>;
}

/** Completes a driver of ours with unstorage's text methods, so that it serves `createStorage` as well. */
export function bytesDriver<D extends BytesDriver>(driver: D): D & StoreDriver {
  return {
    ...driver,
    async hasItem(item: string) {
      return (await driver.getItemRaw(item)) !== null;
    },
    async getItem(item: string) {
      const bytes = await driver.getItemRaw(item);
      return bytes && new TextDecoder().decode(bytes);
    },
    // unstorage passes no base where it means all, whatever its types say.
    getKeys: (base: string | undefined, options) =>
      driver.getKeys(base ?? "", options),
    async setItem(item: string, text: string) {
      await driver.setItemRaw(item, new TextEncoder().encode(text));
    },
  };
}
