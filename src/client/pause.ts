/** A wait between two tries. */

/** Half of `pauseMsMax` to all of it; rejects with the signal's reason. */
export function pause(
  pauseMsMax: number,
  signal: AbortSignal | undefined,
): Promise<void> {
  const pauseMs = pauseMsMax * (0.5 + Math.random() / 2);
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason);
    const stop = () => {
      clearTimeout(timer);
      reject(signal?.reason);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener("abort", stop);
      resolve();
    }, pauseMs);
    signal?.addEventListener("abort", stop, { once: true });
  });
}
