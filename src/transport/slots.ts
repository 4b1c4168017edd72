/** A bound on how many calls run at once; the others wait in their order. */

/**
 * Places for calls under way; a place passes to whoever has waited longest, whether or not the call before succeeded.
 */
export interface Slots {
  /** Runs `call` as soon as a slot is free. */
  run<T>(call: () => Promise<T>): Promise<T>;
}

/** `count` slots; without a count, as many as are asked for. */
export function createSlots(count = Number.POSITIVE_INFINITY): Slots {
  const waiting: (() => void)[] = [];
  let freeCount = count;
  const take = () => {
    if (freeCount > 0) {
      freeCount--;
      return undefined;
    }
    return new Promise<void>((resolve) => waiting.push(resolve));
  };
  // A slot passes to whoever waits first, so that a newcomer cannot overtake.
  const give = () => {
    const next = waiting.shift();
    if (next) next();
    else freeCount++;
  };
  return {
    async run(call) {
      const turn = take();
      if (turn) await turn;
      try {
        return await call();
      } finally {
        give();
      }
    },
  };
}
