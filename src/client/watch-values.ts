/** Watching a key with a client: the nodes that it knows, and its headers. */
import type { ByteClient, StoredBytes, WatchOptions } from "./api.ts";
import { partsOf, withToken } from "./byte-client.ts";
import { createStreamCall } from "./stream-call.ts";
import { watchKey } from "./watch.ts";

/**
 * The value now, and each later one that stays visible, in order, without an end: `undefined` while the key is missing.
 * Throws what `watchKey` does.
 */
export async function* watch(
  client: ByteClient,
  key: string,
  { signal }: WatchOptions = {},
): AsyncGenerator<StoredBytes | undefined> {
  const { given, sending } = partsOf(client);
  const parts = { ...sending, call: createStreamCall(withToken(given)) };
  for await (const { stored } of watchKey(parts, key, signal ? { signal } : {}))
    yield stored;
}
