/** Which peers are not called for a while because the last call to them failed. No heartbeats: calls alone teach it. */
import { suspicionMsMax, suspicionMsMin } from "../core/limits.ts";
import type { Clock } from "../ports.ts";

export interface Suspicion {
  /** Whether calls to the member should fail at once; false again when it is time to try it. */
  isSuspected(id: string): boolean;
  /** Whether the last call to the member failed, however long ago. */
  hasFailed(id: string): boolean;
  failed(id: string): void;
  answered(id: string): void;
}

export interface SuspicionEvents {
  /** A member did not answer that had answered so far. */
  readonly onFailed: () => void;
  /** A member answers again after calls to it had failed: it may have missed writes. */
  readonly onRecovered: (id: string) => void;
}

export function createSuspicion(
  clock: Clock,
  { onFailed, onRecovered }: SuspicionEvents,
): Suspicion {
  const delays = new Map<string, number>();
  const resting = new Set<string>();
  return {
    isSuspected: (id) => resting.has(id),
    hasFailed: (id) => delays.has(id),
    failed(id) {
      if (resting.has(id)) return;
      if (!delays.has(id)) onFailed();
      const delayMs = Math.min(
        (delays.get(id) ?? suspicionMsMin / 2) * 2,
        suspicionMsMax,
      );
      delays.set(id, delayMs);
      resting.add(id);
      // A timer, not a comparison of times: the wall clock may jump.
      clock.timer(delayMs, () => resting.delete(id));
    },
    answered(id) {
      if (!delays.delete(id)) return;
      resting.delete(id);
      onRecovered(id);
    },
  };
}
