/** Partitions that a replica on an eventual store compares once more, when its store must show what was written there. */
import { staleReadMsMax } from "../core/limits.ts";
import type { Clock } from "../ports.ts";

/** Has a partition compared when `staleReadMsMax` have passed since something was stored there. */
export interface LaterLooks {
  /** Something was stored in this partition. */
  note(partition: number): void;
}

/** While the store may show what is over, a comparison may find replicas alike that differ. */
export function createLaterLooks(parts: {
  readonly clock: Clock;
  readonly suspect: (partition: number) => void;
}): LaterLooks {
  /** Whether more was stored since the wait began: then there is another wait. */
  const waiting = new Map<number, boolean>();

  function wait(partition: number): void {
    waiting.set(partition, false);
    parts.clock.timer(staleReadMsMax, () => {
      if (waiting.get(partition)) wait(partition);
      else waiting.delete(partition);
      parts.suspect(partition);
    });
  }

  return {
    note(partition) {
      if (waiting.has(partition)) waiting.set(partition, true);
      else wait(partition);
    },
  };
}
