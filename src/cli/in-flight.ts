/** Work on many items at once, but never on two of the same key, and with a bound on what is held. */

export interface InFlightOptions {
  readonly countMax: number;
  readonly bytesMax: number;
}

export interface Task {
  /** Tasks with the same key run one after the other, in the order in which they came. */
  readonly key: string;
  /** What the task holds while it waits and runs. */
  readonly bytes: number;
  readonly run: () => Promise<void>;
}

/**
 * Runs tasks as they come, taking the next only when there is room; resolves when all are done. Rejects with the first
 * error of a task, once those that were running have ended; then no further one is taken.
 */
export async function runInFlight(
  tasks: AsyncIterable<Task>,
  { countMax, bytesMax }: InFlightOptions,
): Promise<void> {
  const lastOfKey = new Map<string, Promise<void>>();
  const running = new Set<Promise<void>>();
  let bytes = 0;
  let failure: { readonly error: unknown } | undefined;

  function start(task: Task): void {
    bytes += task.bytes;
    const before = lastOfKey.get(task.key) ?? Promise.resolve();
    const run = before
      .then(() => (failure ? undefined : task.run()))
      .catch((error: unknown) => {
        failure ??= { error };
      })
      .then(() => {
        bytes -= task.bytes;
        running.delete(run);
        if (lastOfKey.get(task.key) === run) lastOfKey.delete(task.key);
      });
    lastOfKey.set(task.key, run);
    running.add(run);
  }

  for await (const task of tasks) {
    // One task alone may be larger than the bound.
    while (
      running.size > 0 &&
      (running.size >= countMax || bytes + task.bytes > bytesMax)
    )
      await Promise.race(running);
    if (failure) break;
    start(task);
  }
  await Promise.all(running);
  if (failure) throw failure.error;
}

/**
 * Results of `work` in the order of the items, `countMax` items under way at once: the next item is taken when the
 * first result was.
 */
export async function* mapInOrder<T, R>(
  items: AsyncIterable<T>,
  countMax: number,
  work: (item: T) => Promise<R>,
): AsyncGenerator<R> {
  const pending: Promise<R>[] = [];
  try {
    for await (const item of items) {
      const result = work(item);
      // Whoever awaits it sees the error; until then it must not count as unhandled.
      result.catch(() => {});
      pending.push(result);
      const [first] = pending;
      if (pending.length < countMax || !first) continue;
      pending.shift();
      yield await first;
    }
    for (let first = pending.shift(); first; first = pending.shift())
      yield await first;
  } finally {
    // After an error or an early end nobody waits for these.
    await Promise.allSettled(pending);
  }
}
