/** A wait between two tries, and what it is made of: a wait that somebody may give up. */

/** Half of `pauseMsMax` to all of it; rejects with the signal's reason. */
export function pause(
  pauseMsMax: number,
  signal: AbortSignal | undefined,
): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const pauseMs = pauseMsMax * (0.5 + Math.random() / 2);
  const timer = setTimeout(resolve, pauseMs);
  return orAborted(promise, signal).finally(() => clearTimeout(timer));
}

/** What the promise ends with, or the signal's reason. */
export function orAborted<T>(
  promise: Promise<T>,
  signal: AbortSignal | undefined,
): Promise<T> {
  return new Promise((resolve, reject) => {
    const stop = () => reject(signal?.reason);
    if (signal?.aborted) return stop();
    signal?.addEventListener("abort", stop);
    promise
      .then(resolve, reject)
      .finally(() => signal?.removeEventListener("abort", stop));
  });
}
