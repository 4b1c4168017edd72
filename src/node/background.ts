/** The node's background work, as one bounded step after another: what is due now, and when the next is. */
import type { Clock, Log } from "../ports.ts";
import type { TickReport } from "./api.ts";

/** One kind of work: a bounded, resumable step that tells in how many milliseconds it is due again; absent when idle. */
export interface Task {
  readonly name: string;
  /** Whether all that it ever waits for is a time: nobody has to remember that it was under way. */
  readonly isPatient?: boolean;
  step(): Promise<number | undefined>;
}

/** A node's tasks for whoever drives them: a process's timer, or the alarm of a Durable Object. */
export interface Background {
  /** Runs the tasks that are due, in order; at most one run at a time. */
  tick(): Promise<TickReport>;
  /** Has the next tick come at once, and run every task. */
  wake(): void;
  /** Called at each `wake`, from within it; there is no way to take a callback back. */
  onWake(callback: () => void): void;
}

/** After an error that no task foresaw (a full disk), and so that nothing spins. */
const errorRetryMs = 1_000;

/** A task that throws is logged and due again in a second; the tasks behind it run all the same. */
export function createBackground(
  tasks: readonly Task[],
  { clock, log }: { readonly clock: Clock; readonly log: Log },
): Background {
  let running: Promise<TickReport> | undefined;
  // At first nothing is known of what is due.
  let isWoken = true;
  /** When a task was last run, and when it is due again; absent when it has nothing to do until somebody wakes it. */
  const plans = new Map<
    Task,
    { readonly ranAt: number; readonly dueAt: number }
  >();
  const callbacks: (() => void)[] = [];

  async function runAll(): Promise<TickReport> {
    const isAll = isWoken;
    isWoken = false;
    for (const task of tasks) if (isAll || isDue(task)) await run(task);
    const now = clock.now();
    const dueAts = [...plans.values()].map(({ dueAt }) => dueAt);
    if (isWoken) return { nextTickAt: now, isAtRest: false };
    const isAtRest = [...plans.keys()].every(({ isPatient }) => isPatient);
    return dueAts.length === 0
      ? { isAtRest }
      : { nextTickAt: Math.min(...dueAts), isAtRest };
  }

  /** A task that has waited for a member that hangs does not run again beside every step of one that moves on. */
  function isDue(task: Task): boolean {
    const plan = plans.get(task);
    const now = clock.now();
    // A clock that was set back must not put off what is due.
    return plan !== undefined && (now >= plan.dueAt || now < plan.ranAt);
  }

  async function run(task: Task): Promise<void> {
    const dueMs = await runOne(task);
    const ranAt = clock.now();
    if (dueMs === undefined) plans.delete(task);
    else plans.set(task, { ranAt, dueAt: ranAt + dueMs });
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
