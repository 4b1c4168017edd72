/** Runs the changes of one key one after another, so that this node never duels with itself. */

/** A line for each key: nobody waits for the changes of another one. */
export interface KeyQueue {
  /** Runs `work` once the earlier calls for this key have ended, however they did. */
  run<T>(key: string, work: () => Promise<T>): Promise<T>;
}

/** Nothing is kept of keys that have no change under way. */
export function createKeyQueue(): KeyQueue {
  const tails = new Map<string, Promise<unknown>>();
  return {
    async run(key, work) {
      const before = tails.get(key);
      const { promise: tail, resolve: done } = Promise.withResolvers<void>();
      tails.set(key, tail);
      if (before) await before;
      try {
        return await work();
      } finally {
        if (tails.get(key) === tail) tails.delete(key);
        done();
      }
    },
  };
}
