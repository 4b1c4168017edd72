/** The client with values: the Simplified DHT's operations (join, remove, set, get) over those on bytes, and what is made of them. */
import type {
  Client,
  ClientOptions,
  PutOptions,
  StoredBytes,
  StoredValue,
  UpdateOptions,
} from "./api.ts";
import { createByteClient } from "./byte-client.ts";
import { entries } from "./entries.ts";
import { lock } from "./lock.ts";
import { type BytesToPut, deleteMany, getMany, putMany } from "./many.ts";
import { createMembership } from "./membership.ts";
import { update } from "./update.ts";
import { decodeValue, encodeValue } from "./value.ts";
import { watch } from "./watch-values.ts";

/**
 * A client of the nodes given, or of none yet. Programs that store bytes alone take `createByteClient`, which comes
 * without the serializer, and those functions over it that they need.
 */
export function createClient(options: ClientOptions = {}): Client {
  const client = createByteClient(options);

  async function getEntry<T>(
    ...request: Parameters<typeof client.getBytes>
  ): Promise<StoredValue<T> | undefined> {
    const stored = await client.getBytes(...request);
    return stored && entryOf<T>(stored);
  }

  return {
    ...client,
    ...createMembership(client),
    async set(key, value, options = {}) {
      const { bytes, contentType } = await encodeValue(value);
      return client.putBytes(key, bytes, { ...options, contentType });
    },
    async get<T>(...request: Parameters<typeof client.getBytes>) {
      return (await getEntry<T>(...request))?.value;
    },
    getEntry,
    async getMany<T>(...[keys, options]: Parameters<Client["getMany"]>) {
      const values = new Map<string, T>();
      for (const [key, stored] of await getMany(client, keys, options))
        values.set(key, entryOf<T>(stored).value);
      return values;
    },
    async putMany(given, { signal, ...options } = {}) {
      const encoded = [...given].map(
        async ([key, value]) =>
          [key, await bytesToPut(value, options)] as const,
      );
      await putMany(client, await Promise.all(encoded), signal && { signal });
    },
    deleteMany: (keys, options) => deleteMany(client, keys, options),
    update<T>(
      key: string,
      change: (value: T | undefined) => T | undefined | Promise<T | undefined>,
      options: UpdateOptions = {},
    ) {
      return update(client, key, {
        ...options,
        async change(stored) {
          const value = await change(stored && entryOf<T>(stored).value);
          return value === undefined ? undefined : encodeValue(value);
        },
      });
    },
    async *entries<T>(...[options]: Parameters<Client["entries"]>) {
      for await (const [key, stored] of entries(client, options))
        yield [key, entryOf<T>(stored).value] as const;
    },
    lock: (key, options) => lock(client, key, options),
    async *watch<T>(...[key, options]: Parameters<Client["watch"]>) {
      for await (const stored of watch(client, key, options))
        yield stored && entryOf<T>(stored);
    },
  };
}

async function bytesToPut(
  value: unknown,
  options: Omit<PutOptions, "signal">,
): Promise<BytesToPut> {
  return { ...options, ...(await encodeValue(value)) };
}

function entryOf<T>({ bytes, ...entry }: StoredBytes): StoredValue<T> {
  return { ...entry, value: decodeValue(bytes, entry.contentType) as T };
}
