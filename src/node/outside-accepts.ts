/** Accepts whose coordinator will not remember who missed them: those who took them have the partition compared. */
import type { Clock } from "../ports.ts";

/** Partitions of which this replica may hold what another one missed, and of which nobody else takes note. */
export interface OutsideAccepts {
  /** This replica took an accept of a key in the partition from a coordinator that is no replica of it, or not for long. */
  note(partition: number): void;
}

/** How long is waited, and who has the partition compared then. */
export interface OutsideAcceptsParts {
  readonly clock: Clock;
  /** How long the coordinator's other accepts may be on their way (ms): before that replicas differ that soon will not. */
  readonly delayMs: number;
  readonly suspect: (partition: number) => void;
}

/**
 * A coordinator that stays a replica compares its partition when another one has missed an accept. What any other knows
 * of it, the driver of a change or a member that goes, is lost with the change, or with the member.
 */
export function createOutsideAccepts(
  parts: OutsideAcceptsParts,
): OutsideAccepts {
  const waiting = new Set<number>();
  return {
    note(partition) {
      if (waiting.has(partition)) return;
      waiting.add(partition);
      parts.clock.timer(parts.delayMs, () => {
        waiting.delete(partition);
        parts.suspect(partition);
      });
    },
  };
}
