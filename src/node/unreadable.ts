/** What failed its checksum here: the replica abstains for it, and says so, until it is rebuilt from the others. */

/** A record that can be rebuilt, as its key is known. */
export interface UnreadableRecord {
  readonly space: number;
  readonly partition: number;
  readonly key: string;
  /** The node's epoch when the record was met: what it has forgotten, it has promised or accepted in this one or earlier. */
  readonly epoch: number;
}

/** Where something unreadable was met. */
export interface UnreadablePlace {
  readonly space: number;
  readonly partition: number;
  /** Absent when not even the record's name tells the key: the other replicas' listings have to. */
  readonly key?: string | undefined;
}

/** Known to this process; what a restart forgets is met again. */
export interface Unreadable {
  note(place: UnreadablePlace): void;
  /** The partition's floor: the replica abstains from all of its keys. */
  noteFloor(place: UnreadablePlace): void;
  /** The records that can be rebuilt, those that were not tried for the longest time first. */
  records(): readonly UnreadableRecord[];
  /** Partitions of this space whose floor is unreadable. */
  floors(space: number): readonly number[];
  /** How many records of this space there are; of those without a key one is counted in each partition. */
  count(space: number): number;
  /** Puts the record behind the others. */
  postpone(record: UnreadableRecord): void;
  forget(record: UnreadableRecord): void;
  /** The partition has been read from end to end: there is no record in it that tells no key. */
  forgetNameless(place: UnreadablePlace): void;
}

/** `onNote` is called for each record that was not known to be unreadable; `epoch` is the node's at the call. */
export function createUnreadable(
  onNote: (place: UnreadablePlace) => void,
  epoch: () => number,
): Unreadable {
  // In the order in which they are tried.
  const records = new Map<string, UnreadableRecord>();
  const nameless = new Map<string, UnreadablePlace>();
  const floors = new Map<string, UnreadablePlace>();
  const keyIdOf = ({ space, key }: Pick<UnreadableRecord, "space" | "key">) =>
    `${space} ${key}`;
  const placeIdOf = ({ space, partition }: UnreadablePlace) =>
    `${space} ${partition}`;
  const countOf = (
    places: ReadonlyMap<string, UnreadablePlace>,
    space: number,
  ) => [...places.values()].filter((place) => place.space === space).length;

  function add<Place extends UnreadablePlace>(
    places: Map<string, Place>,
    id: string,
    place: Place,
  ): void {
    if (places.has(id)) return;
    places.set(id, place);
    onNote(place);
  }

  return {
    note({ space, partition, key }) {
      const place = { space, partition };
      if (key === undefined) return add(nameless, placeIdOf(place), place);
      const record = { ...place, key, epoch: epoch() };
      add(records, keyIdOf(record), record);
    },
    noteFloor({ space, partition }) {
      const place = { space, partition };
      floors.set(placeIdOf(place), place);
    },
    records: () => [...records.values()],
    floors: (space) =>
      [...floors.values()]
        .filter((place) => place.space === space)
        .map(({ partition }) => partition),
    count: (space) => countOf(records, space) + countOf(nameless, space),
    postpone(record) {
      if (records.delete(keyIdOf(record))) records.set(keyIdOf(record), record);
    },
    forget: (record) => {
      records.delete(keyIdOf(record));
    },
    forgetNameless: (place) => {
      nameless.delete(placeIdOf(place));
    },
  };
}
