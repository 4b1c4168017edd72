/** The node's background work, as one bounded step after another: what is due now, and when the next is. */
import type { Clock, Log } from "../ports.ts";

/** One kind of work: a bounded, resumable step that tells in how many milliseconds it is due again; absent when idle. */
export interface Task {
  readonly name: string;
  step(): Promise<number | undefined>;
}

export interface Background {
  /** Runs every task once, in order; at most one run at a time. */
  tick(): Promise<{ readonly nextTickAt?: number }>;
  /** Has the next tick come at once. */
  wake(): void;
  onWake(callback: () => void): void;
}

/** After an error that no task foresaw (a full disk), and so that nothing spins. */
const errorRetryMs = 1_000;

export function createBackground(
  tasks: readonly Task[],
  { clock, log }: { readonly clock: Clock; readonly log: Log },
): Background {
  let running: Promise<{ readonly nextTickAt?: number }> | undefined;
  let isWoken = false;
  const callbacks: (() => void)[] = [];

  async function runAll(): Promise<{ readonly nextTickAt?: number }> {
    isWoken = false;
    let nextMs: number | undefined;
    for (const task of tasks) {
      const dueMs = await runOne(task);
      if (dueMs !== undefined) nextMs = Math.min(nextMs ?? dueMs, dueMs);
    }
    if (isWoken) nextMs = 0;
    return nextMs === undefined ? {} : { nextTickAt: clock.now() + nextMs };
  }

  async function runOne(task: Task): Promise<number | undefined> {
    try {
      return await task.step();
    } catch (error) {
      log.error("background work failed; it will be tried again", {
        task: task.name,
        error: String(error),
      });
      return errorRetryMs;
    }
  }

  return {
    tick() {
      running ??= runAll().finally(() => {
        running = undefined;
      });
      return running;
    },
    wake() {
      isWoken = true;
      for (const callback of callbacks) callback();
    },
    onWake: (callback) => {
      callbacks.push(callback);
    },
  };
}
