/** What this process wrote to an eventual store goes before what the store says, until the store must have it. */
import { compareBallots } from "../core/ballot.ts";
import { ownWritesBytesMax, staleReadMsMax } from "../core/limits.ts";
import { createPage } from "../core/page.ts";
import type {
  Clock,
  ScannedRecord,
  ScanPage,
  Store,
  Stored,
} from "../ports.ts";
import { registerIn } from "./register-record.ts";
import { isPartitionBucket } from "./state.ts";

interface OwnWrite {
  readonly bucket: string;
  readonly key: string;
  readonly stored: Extract<Stored, { kind: "record" }>;
  readonly forget: () => void;
}

/**
 * The same store, if its reads are never stale. Otherwise, of what a read finds and what this process wrote lately, the
 * register with the higher ballot counts: or a stale read would have an old state stored over a newer one. What the store
 * does not list yet is in a scan too: or a copy, or an import, would leave it behind. Other processes on the same data
 * know nothing of it; what they spoil is repaired from other replicas.
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
      return withUnlisted(options, { ...page, records }, unlisted(bucket));
    },
    async drop(bucket) {
      writes.dropBucket(bucket);
      await store.drop(bucket);
    },
  };

  function unlisted(bucket: string): readonly ScannedRecord[] {
    return writes
      .inBucket(bucket)
      .map(({ key, stored }) => ({ name: store.nameOf(key), key, stored }));
  }

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

/** The page with those of the process's own records that belong in it and are missing; cut as any page is. */
function withUnlisted(
  { after = "", ...bounds }: Parameters<Store["scan"]>[1],
  page: ScanPage,
  own: readonly ScannedRecord[],
): ScanPage {
  const { next } = page;
  const listed = new Set(page.records.map(({ name }) => name));
  const missing = own.filter(
    ({ name }) =>
      name > after && (next === undefined || name <= next) && !listed.has(name),
  );
  if (missing.length === 0) return page;
  const all = [...page.records, ...missing].sort((a, b) =>
    a.name < b.name ? -1 : 1,
  );
  const merged = createPage<ScannedRecord>(bounds);
  for (const record of all) {
    if (merged.full()) return merged.end({ more: true });
    merged.add(record);
  }
  return { ...page, records: all };
}

function createOwnWrites(clock: Clock) {
  // A Map keeps the order of insertion: the first is the oldest.
  const writes = new Map<string, OwnWrite>();
  /** The same ones: a scan must not look at all. */
  const byBucket = new Map<string, Set<OwnWrite>>();
  let bytesHeld = 0;
  const idOf = (bucket: string, key: string) => `${bucket} ${key}`;

  function remove(id: string): void {
    const write = writes.get(id);
    if (!write) return;
    write.forget();
    writes.delete(id);
    const { bucket } = write;
    const ofBucket = byBucket.get(bucket);
    ofBucket?.delete(write);
    if (ofBucket?.size === 0) byBucket.delete(bucket);
    bytesHeld -= write.stored.bytes.byteLength;
  }

  return {
    get: (bucket: string, key: string) => writes.get(idOf(bucket, key))?.stored,
    inBucket: (bucket: string) => [...(byBucket.get(bucket) ?? [])],
    put(bucket: string, key: string, bytes: Uint8Array): void {
      const id = idOf(bucket, key);
      remove(id);
      const forget = clock.timer(staleReadMsMax, () => remove(id));
      const stored = { kind: "record", bytes } as const;
      const write = { bucket, key, stored, forget };
      writes.set(id, write);
      const ofBucket = byBucket.get(bucket) ?? new Set();
      byBucket.set(bucket, ofBucket.add(write));
      bytesHeld += bytes.byteLength;
      for (const oldest of writes.keys()) {
        if (bytesHeld <= ownWritesBytesMax) break;
        remove(oldest);
      }
    },
    delete: (bucket: string, key: string) => remove(idOf(bucket, key)),
    dropBucket(bucket: string): void {
      for (const { key } of byBucket.get(bucket) ?? [])
        remove(idOf(bucket, key));
    },
  };
}
