/** Work on many items at once, but never on two of the same key, and with a bound on what is held. */

/** How much may wait and run at once; one task alone may be larger than `bytesMax`. */
interface InFlightOptions {
  readonly countMax: number;
  readonly bytesMax: number;
}

/** One item's work; once a `run` has rejected, no further one is begun. */
export interface Task {
  /** Tasks with the same key run one after the other, in the order in which they came. */
  readonly key: string;
  /** What the task holds while it waits and runs. */
  readonly bytes: number;
  readonly run: () => Promise<void>;
}

/**
 * Runs tasks as they come, taking the next only when there is room; resolves when all are done. Rejects with the first
 * error of a task, or of the tasks' source, once those that were running have ended; then no further one is taken.
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

  try {
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
  } catch (error) {
    failure ??= { error };
  }
  await Promise.all(running);
  if (failure) throw failure.error;
}
