/** The same operation on many keys: batches fill, and what is under way is bounded. */
import type {
  ByteClient,
  ManyOptions,
  ManyReadOptions,
  PutBytesOptions,
  StoredBytes,
} from "./api.ts";
import { PartialFailureError, RingwalkError } from "./errors.ts";

/** Operations under way at once: one full batch, and the next while its answers come. */
const underWayMax = 512;

/** The values of those keys that are there. */
export async function getMany(
  client: ByteClient,
  keys: Iterable<string>,
  options: ManyReadOptions = {},
): Promise<Map<string, StoredBytes>> {
  const found = new Map<string, StoredBytes>();
  await forEachKey(
    new Set(keys),
    (key) => key,
    async (key) => {
      const stored = await client.getBytes(key, options);
      if (stored) found.set(key, stored);
    },
  );
  return found;
}

/** What is stored under a key, and how. */
export interface BytesToPut extends Omit<PutBytesOptions, "signal"> {
  readonly bytes: Uint8Array;
}

/** Stores every value; of a key that is there twice the last one stays. A `PartialFailureError` tells which were not. */
export async function putMany(
  client: ByteClient,
  entries: Iterable<readonly [key: string, value: BytesToPut]>,
  { signal }: ManyOptions = {},
): Promise<void> {
  await forEachKey(
    new Map(entries),
    ([key]) => key,
    async ([key, { bytes, ...options }]) => {
      await client.putBytes(
        key,
        bytes,
        signal ? { ...options, signal } : options,
      );
    },
  );
}

/** Deletes every key; a `PartialFailureError` tells which were not. */
export async function deleteMany(
  client: ByteClient,
  keys: Iterable<string>,
  options: ManyOptions = {},
): Promise<void> {
  await forEachKey(
    new Set(keys),
    (key) => key,
    (key) => client.delete(key, options),
  );
}

/** Waits for all; what cannot succeed for any key, as an abort, ends it at once. */
async function forEachKey<T>(
  items: Iterable<T>,
  keyOf: (item: T) => string,
  work: (item: T) => Promise<void>,
): Promise<void> {
  const iterator = items[Symbol.iterator]();
  const failures = new Map<string, unknown>();
  let end: { readonly error: unknown } | undefined;
  async function worker(): Promise<void> {
    for (let next = iterator.next(); !next.done; next = iterator.next()) {
      try {
        await work(next.value);
      } catch (error) {
        if (!(error instanceof RingwalkError)) end ??= { error };
        failures.set(keyOf(next.value), error);
      }
      if (end) return;
    }
  }
  await Promise.all(Array.from({ length: underWayMax }, worker));
  if (end) throw end.error;
  const [first] = failures;
  if (!first) return;
  const [key, cause] = first;
  throw new PartialFailureError({
    message: `${failures.size} keys failed; the first, ${JSON.stringify(key)}: ${(cause as Error).message}`,
    cause,
    failures,
  });
}
