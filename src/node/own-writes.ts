/** What this process wrote to an eventual store goes before what the store says, until the store must have it. */
import { compareBallots } from "../core/ballot.ts";
import { ownWritesBytesMax, staleReadMsMax } from "../core/limits.ts";
import type { Clock, ScannedRecord, Store, Stored } from "../ports.ts";
import { registerIn } from "./register-record.ts";
import { isPartitionBucket } from "./state.ts";

interface OwnWrite {
  readonly stored: Extract<Stored, { kind: "record" }>;
  readonly forget: () => void;
}

/**
 * The same store, if its reads are never stale. Otherwise, of what a read finds and what this process wrote lately, the
 * register with the higher ballot counts: or a stale read would have an old state stored over a newer one. Other
 * processes on the same data know nothing of it; what they spoil is repaired from other replicas.
 *
 * That goes for partitions alone. All else is in a strong store (split-store.ts), and of a register that votes the
 * promise counts too, which may be newer there than in the write that is remembered here a moment later.
 */
export function withOwnWrites(store: Store, clock: Clock): Store {
  if (store.guarantee !== "eventual") return store;
  const writes = createOwnWrites(clock);
  const newest = (bucket: string, key: string, found: Stored) =>
    higherOf(found, writes.get(bucket, key));
  return {
    ...store,
    read: async (bucket, key) =>
      newest(bucket, key, await store.read(bucket, key)),
    async update(bucket, key, step) {
      if (!isPartitionBucket(bucket)) return store.update(bucket, key, step);
      let written: Uint8Array | null | undefined;
      const result = await store.update(bucket, key, (found) => {
        const end = step(newest(bucket, key, found));
        written = end.write;
        return end;
      });
      if (written) writes.put(bucket, key, written);
      else if (written === null) writes.delete(bucket, key);
      return result;
    },
    async scan(bucket, options) {
      const page = await store.scan(bucket, options);
      const records = page.records.map((record) => freshen(bucket, record));
      return { ...page, records };
    },
    async drop(bucket) {
      writes.dropBucket(bucket);
      await store.drop(bucket);
    },
  };

  function freshen(bucket: string, record: ScannedRecord): ScannedRecord {
    const { key, stored } = record;
    if (key === undefined) return record;
    return { ...record, stored: newest(bucket, key, stored) };
  }
}

function higherOf(found: Stored, own: Stored | undefined): Stored {
  if (own?.kind !== "record") return found;
  const ours = registerIn(own.bytes);
  if (!ours) return found;
  const theirs = found.kind === "record" ? registerIn(found.bytes) : undefined;
  const isAbove = theirs && compareBallots(theirs.accepted, ours.accepted) > 0;
  return isAbove ? found : own;
}

function createOwnWrites(clock: Clock) {
  // A Map keeps the order of insertion: the first is the oldest.
  const writes = new Map<string, OwnWrite>();
  let bytesHeld = 0;
  const idOf = (bucket: string, key: string) => `${bucket} ${key}`;

  function remove(id: string): void {
    const write = writes.get(id);
    if (!write) return;
    write.forget();
    writes.delete(id);
    bytesHeld -= write.stored.bytes.byteLength;
  }

  return {
    get: (bucket: string, key: string) => writes.get(idOf(bucket, key))?.stored,
    put(bucket: string, key: string, bytes: Uint8Array): void {
      const id = idOf(bucket, key);
      remove(id);
      const forget = clock.timer(staleReadMsMax, () => remove(id));
      writes.set(id, { stored: { kind: "record", bytes }, forget });
      bytesHeld += bytes.byteLength;
      for (const oldest of writes.keys()) {
        if (bytesHeld <= ownWritesBytesMax) break;
        remove(oldest);
      }
    },
    delete: (bucket: string, key: string) => remove(idOf(bucket, key)),
    dropBucket(bucket: string): void {
      for (const id of writes.keys())
        if (id.startsWith(`${bucket} `)) remove(id);
    },
  };
}
