/** A store whose records a test damages: they fail their checksum until they are written again. */
import type { ScannedRecord, Store, Stored } from "../../src/ports.ts";

export interface DamagedStore extends Store {
  /** `isNameless`: not even the record's name tells its key, as with long keys. */
  damage(bucket: string, key: string, options?: { isNameless: boolean }): void;
}

const unreadable: Stored = { kind: "unreadable", reason: "checksum" };

export function createDamagedStore(store: Store): DamagedStore {
  const damaged = new Map<string, { isNameless: boolean }>();
  const idOf = (bucket: string, key: string) => `${bucket} ${key}`;

  function asDamaged(bucket: string, record: ScannedRecord): ScannedRecord {
    const { name, key } = record;
    const damage =
      key === undefined ? undefined : damaged.get(idOf(bucket, key));
    if (!damage || key === undefined) return record;
    return { name, stored: unreadable, ...(!damage.isNameless && { key }) };
  }

  return {
    ...store,
    damage(bucket, key, options = { isNameless: false }) {
      damaged.set(idOf(bucket, key), options);
    },
    read: (bucket, key) =>
      damaged.has(idOf(bucket, key))
        ? Promise.resolve(unreadable)
        : store.read(bucket, key),
    update: (bucket, key, step) =>
      store.update(bucket, key, (stored) => {
        const outcome = step(
          damaged.has(idOf(bucket, key)) ? unreadable : stored,
        );
        if (outcome.write !== undefined) damaged.delete(idOf(bucket, key));
        return outcome;
      }),
    async scan(bucket, options) {
      const page = await store.scan(bucket, options);
      const records = page.records.map((record) => asDamaged(bucket, record));
      return { ...page, records };
    },
  };
}
