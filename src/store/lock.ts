/** Critical sections: one task at a time for an item, and for a whole bucket none beside it. */

/** Locks in two sizes: an item, and the bucket that it is in. */
export interface BucketLocks {
  /** Runs `task` when every earlier task of this item, or of its whole bucket, has ended. Different items run side by side. */
  item<T>(
    place: { readonly bucket: string; readonly name: string },
    task: () => Promise<T>,
  ): Promise<T>;
  /** Runs `task` when every earlier task in the bucket has ended; later ones wait for it. */
  bucket<T>(bucket: string, task: () => Promise<T>): Promise<T>;
  /** Resolves when no task is running or waiting. */
  idle(): Promise<void>;
}

interface Lane {
  /** The last task of each item; those from before the last whole-bucket task are its affair. */
  items: Map<string, Promise<void>>;
  whole: Promise<void> | undefined;
}

/** Makes locks of which none is held. Tasks of one item run in the order of the calls. */
export function createLocks(): BucketLocks {
  const lanes = new Map<string, Lane>();

  function laneOf(bucket: string): Lane {
    const known = lanes.get(bucket);
    if (known) return known;
    const lane: Lane = { items: new Map(), whole: undefined };
    lanes.set(bucket, lane);
    return lane;
  }

  function tidy(bucket: string, lane: Lane): void {
    if (lane.items.size === 0 && lane.whole === undefined) lanes.delete(bucket);
  }

  return {
    async item({ bucket, name }, task) {
      const lane = laneOf(bucket);
      const items = lane.items;
      const earlier = items.get(name) ?? lane.whole;
      const { promise: ended, resolve: end } = Promise.withResolvers<void>();
      items.set(name, ended);
      if (earlier) await earlier;
      try {
        return await task();
      } finally {
        if (items.get(name) === ended) items.delete(name);
        tidy(bucket, lane);
        end();
      }
    },

    async bucket(bucket, task) {
      const lane = laneOf(bucket);
      const earlier = [...lane.items.values(), lane.whole];
      const { promise: ended, resolve: end } = Promise.withResolvers<void>();
      lane.whole = ended;
      lane.items = new Map();
      await Promise.all(earlier);
      try {
        return await task();
      } finally {
        if (lane.whole === ended) lane.whole = undefined;
        tidy(bucket, lane);
        end();
      }
    },

    async idle() {
      while (lanes.size > 0)
        await Promise.all(
          [...lanes.values()].flatMap((lane) => [
            ...lane.items.values(),
            lane.whole,
          ]),
        );
    },
  };
}
