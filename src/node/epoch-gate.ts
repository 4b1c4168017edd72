/** Keeps register writes and epoch changes apart: nothing of an older epoch is committed once a newer one was answered. */

/** A write checks the epoch and commits inside the gate, and the epoch changes only when nobody is inside. */
export interface EpochGate {
  /** Runs `work` beside others, but never while the epoch changes. */
  shared<T>(work: () => Promise<T>): Promise<T>;
  /** Waits until nobody is inside, lets nobody in, and runs `work`. Must not be called from within `shared`. */
  exclusive<T>(work: () => Promise<T>): Promise<T>;
}

/** Who waits for `exclusive` keeps newcomers out: it comes when those who are inside have ended. */
export function createEpochGate(): EpochGate {
  let insideCount = 0;
  let closed: Promise<void> | undefined;
  let onEmpty: (() => void) | undefined;

  return {
    async shared(work) {
      while (closed) await closed;
      insideCount++;
      try {
        return await work();
      } finally {
        insideCount--;
        if (insideCount === 0) onEmpty?.();
      }
    },
    async exclusive(work) {
      while (closed) await closed;
      const { promise, resolve: open } = Promise.withResolvers<void>();
      closed = promise;
      if (insideCount > 0) {
        await new Promise<void>((resolve) => {
          onEmpty = resolve;
        });
      }
      try {
        return await work();
      } finally {
        onEmpty = undefined;
        closed = undefined;
        open();
      }
    },
  };
}
