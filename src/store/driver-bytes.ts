/** Bytes in, bytes out, through any unstorage driver: hides how each takes, returns and refuses them. */

import { type DriverRow, type StoreDriver, splitItem } from "./driver.ts";
import { StoreError, toStoreError } from "./store-error.ts";

/** What a driver returned: bytes that nobody else holds; nothing; or something that is not bytes. */
export type Loaded = Uint8Array | "absent" | "not-bytes";

/** A driver behind one shape; its promises reject with a `StoreError` alone. */
export interface DriverBytes {
  /** Where the data is, for an error message. */
  readonly place: string;
  load(item: string): Promise<Loaded>;
  /** The driver may keep `bytes` themselves. */
  save(item: string, bytes: Uint8Array): Promise<unknown>;
  remove(item: string): Promise<unknown>;
  /** The names in one bucket, in order. */
  names(bucket: string): Promise<readonly string[]>;
  /** Absent where the driver cannot; `use` loops over the rows behind `after` without a pause. */
  readonly scan?: <T>(
    bucket: string,
    after: string,
    use: (rows: Iterable<DriverRow>) => T,
  ) => Promise<T>;
  drop(bucket: string): Promise<void>;
  close(): Promise<void>;
}

/** Puts a driver behind it; finds out what the driver can do, and does the rest itself. */
export function driverBytes(driver: StoreDriver): DriverBytes {
  const place =
    driver.place ?? `unstorage's ${driver.name ?? "unnamed"} driver`;
  const scanBucket = driver.isolatedReads && driver.scanBucket;
  const { get, set } = accessOf(driver, place);

  /** Awaits an answer; what is thrown, and an error that is returned (unstorage's fs drivers do), is thrown as ours. */
  async function guarded<T>(call: () => T | Promise<T>): Promise<T> {
    try {
      const answer = await call();
      if (answer instanceof Error) throw answer;
      return answer;
    } catch (cause) {
      throw toStoreError(cause, place);
    }
  }

  function remove(item: string): Promise<unknown> {
    return guarded(() => {
      if (!driver.removeItem) throw cannotWrite(place);
      return driver.removeItem(item, {});
    });
  }

  function names(bucket: string): Promise<readonly string[]> {
    return guarded(async () => {
      const found = driver.listNames
        ? await driver.listNames(bucket)
        : namesIn(bucket, await driver.getKeys(`${bucket}:`, {}));
      return found.toSorted();
    });
  }

  return {
    place,
    async load(item) {
      const loaded = toBytes(await guarded(() => get(item)));
      return typeof loaded === "string" || driver.ownedReads
        ? loaded
        : loaded.slice();
    },
    save: (item, bytes) => guarded(() => set(item, bytes)),
    remove,
    names,
    async drop(bucket) {
      if (driver.dropBucket) return guarded(() => driver.dropBucket?.(bucket));
      for (const name of await names(bucket)) await remove(`${bucket}:${name}`);
    },
    close: () => guarded(() => driver.dispose?.()),
    ...(scanBucket && {
      scan: (bucket, after, use) =>
        guarded(() => use(scanBucket(bucket, after))),
    }),
  };
}

interface Access {
  get(item: string): unknown;
  set(item: string, bytes: Uint8Array): unknown;
}

/** How to read and write bytes: a driver has methods for them, or takes text alone. */
function accessOf(driver: StoreDriver, place: string): Access {
  const { getItem, getItemRaw, hasItem, setItem, setItemRaw } = driver;
  if (getItemRaw && setItemRaw)
    return {
      get:
        driver.name === "http"
          ? // It throws a TypeError from `getItemRaw` where the answer is 404.
            async (item) =>
              (await hasItem(item, {})) ? getItemRaw(item, {}) : null
          : (item) => getItemRaw(item, {}),
      set: (item, bytes) => setItemRaw(item, bytes, {}),
    };
  return {
    get: (item) => getItem(item, {}),
    set(item, bytes) {
      if (!setItem) throw cannotWrite(place);
      return setItem(item, toBase64(bytes), {});
    },
  };
}

/** Drivers may list more than they were asked for, and spell keys as paths. */
function namesIn(bucket: string, items: readonly string[]): string[] {
  return items
    .map((item) => splitItem(item.replace(/[/\\]/g, ":").replace(/^:/, "")))
    .filter((item) => item.bucket === bucket)
    .map((item) => item.name);
}

function cannotWrite(place: string): StoreError {
  return new StoreError(
    "store_read_only",
    `${place} cannot write: choose a driver that has setItem and removeItem.`,
  );
}

/** A plain `Uint8Array` over whatever kind of bytes the driver returns. */
function toBytes(value: unknown): Loaded {
  if (value === null || value === undefined) return "absent";
  if (ArrayBuffer.isView(value))
    return new Uint8Array(value.buffer, value.byteOffset, value.byteLength);
  if (value instanceof ArrayBuffer) return new Uint8Array(value);
  return typeof value === "string" ? fromBase64(value) : "not-bytes";
}

/** What unstorage itself puts before bytes that it hands to a driver for text. */
const base64Prefix = "base64:";

function toBase64(bytes: Uint8Array): string {
  let text = "";
  for (let at = 0; at < bytes.length; at += 4096)
    text += String.fromCharCode(...bytes.subarray(at, at + 4096));
  return base64Prefix + btoa(text);
}

function fromBase64(text: string): Loaded {
  if (!text.startsWith(base64Prefix)) return "not-bytes";
  try {
    return Uint8Array.from(atob(text.slice(base64Prefix.length)), (character) =>
      character.charCodeAt(0),
    );
  } catch {
    return "not-bytes";
  }
}
