/** The client with values: the Simplified DHT's operations (join, remove, set, get) over those on bytes. */
import type { Client, ClientOptions, StoredValue } from "./api.ts";
import { createByteClient } from "./byte-client.ts";
import { decodeValue, encodeValue } from "./value.ts";

/**
 * A client of the nodes given, or of none yet. Programs that store bytes alone take `createByteClient`, which comes
 * without the serializer.
 */
export function createClient(options: ClientOptions = {}): Client {
  const client = createByteClient(options);

  async function getEntry<T>(
    ...request: Parameters<typeof client.getBytes>
  ): Promise<StoredValue<T> | undefined> {
    const stored = await client.getBytes(...request);
    if (!stored) return undefined;
    const { bytes, ...entry } = stored;
    return { ...entry, value: decodeValue(bytes, entry.contentType) as T };
  }

  return {
    ...client,
    async set(key, value, options = {}) {
      const { bytes, contentType } = await encodeValue(value);
      return client.putBytes(key, bytes, { ...options, contentType });
    },
    async get<T>(...request: Parameters<typeof client.getBytes>) {
      return (await getEntry<T>(...request))?.value;
    },
    getEntry,
  };
}
