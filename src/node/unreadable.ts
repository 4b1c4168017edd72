/** Records that failed their checksum: the replica abstains for them until they are rebuilt from the others. */

export interface UnreadableRecord {
  readonly space: number;
  readonly partition: number;
  readonly key: string;
}

export interface Unreadable {
  note(record: UnreadableRecord): void;
  list(): readonly UnreadableRecord[];
  forget(record: UnreadableRecord): void;
}

export function createUnreadable(onNote: () => void): Unreadable {
  const records = new Map<string, UnreadableRecord>();
  const idOf = ({ space, key }: UnreadableRecord) => `${space} ${key}`;
  return {
    note(record) {
      const id = idOf(record);
      if (records.has(id)) return;
      records.set(id, record);
      onNote();
    },
    list: () => [...records.values()],
    forget: (record) => {
      records.delete(idOf(record));
    },
  };
}
