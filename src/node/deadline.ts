/** A time limit by a clock that does not jump, and the signal that ends what is under way when it is over. */
import type { Clock } from "../ports.ts";

/** The time that is left for an operation; `signal` ends its attempts. */
export interface Deadline {
  readonly signal: AbortSignal;
  isOver(): boolean;
  /** About how much is left, in milliseconds: by the wall clock, but never more than the whole. */
  leftMs(): number;
  /** Waits, but not beyond the deadline. */
  sleep(delayMs: number): Promise<void>;
  /** Lets go of the timer. */
  cancel(): void;
}

/** Its time begins with the call. Whoever makes one calls `cancel` in the end, or its timer runs on. */
export function createDeadline(clock: Clock, timeoutMs: number): Deadline {
  const controller = new AbortController();
  const { signal } = controller;
  const startedAt = clock.now();
  const cancel = clock.timer(timeoutMs, () => controller.abort());
  return {
    signal,
    cancel,
    isOver: () => signal.aborted,
    leftMs() {
      if (signal.aborted) return 0;
      const spentMs = Math.max(0, clock.now() - startedAt);
      return Math.max(1, Math.ceil(timeoutMs - spentMs));
    },
    sleep: (delayMs) =>
      new Promise((resolve) => {
        if (signal.aborted) return resolve();
        const finish = () => {
          cancelTimer();
          signal.removeEventListener("abort", finish);
          resolve();
        };
        const cancelTimer = clock.timer(delayMs, finish);
        signal.addEventListener("abort", finish);
      }),
  };
}
