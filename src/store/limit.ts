/** A limit to how many tasks run at once: each open file takes one of the few that a process may have. */

/** Makes a runner that starts a task when fewer than `countMax` of its tasks are running, in the order of the calls. */
export function createLimit(
  countMax: number,
): <T>(task: () => Promise<T>) => Promise<T> {
  const waiting: (() => void)[] = [];
  let running = 0;

  return async (task) => {
    if (running < countMax) running++;
    else await new Promise<void>((resolve) => waiting.push(resolve));
    try {
      return await task();
    } finally {
      // A place is handed on, so that no newcomer overtakes.
      const next = waiting.shift();
      if (next) next();
      else running--;
    }
  };
}
