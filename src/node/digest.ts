/** The digest of a partition as a store holds it. */
import { addToDigest, digestEmpty, formatDigest } from "../core/digest.ts";
import { pageBytesMax, pageKeysMax } from "../core/limits.ts";
import type { Store } from "../ports.ts";
import { registerOf } from "./place.ts";
import { partitionBucket } from "./state.ts";

/** Over every accepted record of the stay, tombstones included; an unreadable record makes it differ from any other. */
export async function digestOfPartition(
  store: Store,
  place: { space: number; partition: number; since: number },
): Promise<string> {
  const bucket = partitionBucket(place.space, place.partition);
  let digest = digestEmpty;
  let after: string | undefined;
  do {
    const page = await store.scan(bucket, {
      ...(after !== undefined && { after }),
      limit: pageKeysMax,
      bytesMax: pageBytesMax,
    });
    for (const { name, stored } of page.records) {
      const register = registerOf(stored, place.since);
      if (!register) return "unreadable";
      if (register.entry) digest = addToDigest(digest, name, register.accepted);
    }
    after = page.next;
  } while (after !== undefined);
  return formatDigest(digest);
}
