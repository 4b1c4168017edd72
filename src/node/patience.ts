/** How long a change waits for members that do not answer: each for itself, by a clock that does not jump. */
import type { CancelTimer, Clock } from "../ports.ts";

/** For whom the driver of a change in an eventual ring waits, as each may hold what no other does, and for whom no more. */
export interface Patience {
  /** Called at each step with the members that are silent; whoever is not among them begins anew. */
  note(silentIds: readonly string[]): void;
  /** Whether it has been silent at every step for so long. */
  isOver(id: string): boolean;
}

/** Begins with everybody to be waited for, each for `patienceMs` once it is silent. */
export function createPatience(clock: Clock, patienceMs: number): Patience {
  const waits = new Map<string, CancelTimer>();
  const over = new Set<string>();
  return {
    note(silentIds) {
      for (const [id, cancel] of waits) {
        if (silentIds.includes(id)) continue;
        cancel();
        waits.delete(id);
        over.delete(id);
      }
      for (const id of silentIds)
        if (!waits.has(id))
          waits.set(
            id,
            clock.timer(patienceMs, () => over.add(id)),
          );
    },
    isOver: (id) => over.has(id),
  };
}
