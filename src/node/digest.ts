/** The digest of a partition as a store holds it. */
import { addToDigest, digestEmpty, formatDigest } from "../core/digest.ts";
import { pageBytesMax, pageKeysMax } from "../core/limits.ts";
import type { ScannedRecord, Store } from "../ports.ts";
import { registerOf } from "./place.ts";
import { partitionBucket } from "./state.ts";

/** What is said instead of a digest where a record could not be read. */
export const unreadableDigest = "unreadable";

/** Over every accepted record of the stay, tombstones included; an unreadable record makes it differ from any other. */
export async function digestOfPartition(
  store: Store,
  place: { space: number; partition: number; since: number },
  onUnreadable: (record: ScannedRecord) => void,
): Promise<string> {
  const bucket = partitionBucket(place.space, place.partition);
  let digest = digestEmpty;
  let isReadable = true;
  let after: string | undefined;
  do {
    const page = await store.scan(bucket, {
      ...(after !== undefined && { after }),
      limit: pageKeysMax,
      bytesMax: pageBytesMax,
    });
    for (const record of page.records) {
      const register = registerOf(record.stored, place.since);
      if (!register) {
        isReadable = false;
        onUnreadable(record);
      } else if (register.entry)
        digest = addToDigest(digest, record.name, register.accepted);
    }
    after = page.next;
  } while (after !== undefined);
  return isReadable ? formatDigest(digest) : unreadableDigest;
}
