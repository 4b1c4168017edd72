/** One run for many callers: what a fsync of a folder costs once serves all who asked for it before it began. */

/**
 * Wraps `task` so that each caller's promise follows a run that began after the call. Runs for one key never overlap;
 * callers that wait for the same key share the next run, and its failure.
 */
export function createSharedRun(
  task: (key: string) => Promise<void>,
): (key: string) => Promise<void> {
  const running = new Map<string, Promise<unknown>>();
  const waiting = new Map<string, Promise<void>>();

  async function runNext(key: string): Promise<void> {
    await running.get(key);
    waiting.delete(key);
    const run = task(key);
    const ended = run.catch(() => {});
    running.set(key, ended);
    await ended;
    if (running.get(key) === ended) running.delete(key);
    return run;
  }

  return (key) => {
    const shared = waiting.get(key);
    if (shared) return shared;
    const next = runNext(key);
    waiting.set(key, next);
    return next;
  };
}
