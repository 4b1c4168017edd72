/** When each partition next holds something to expire or to collect. In memory alone: a start scans every partition once. */
import type { Entry } from "../core/entry.ts";

/** Due times by partition: one sweep finds all of its keys that are due. */
export interface Schedule {
  /** Takes note of an entry that was accepted here. */
  note(partition: number, entry: Entry): void;
  /** Due at `dueAt` (ms since 1970), unless it is due sooner already. */
  set(partition: number, dueAt: number): void;
  /** Takes at most `countMax` of the partitions due at `now` out of the schedule, the longest due first. */
  takeDue(now: number, countMax: number): readonly number[];
  /** Forgets everything: the partitions of another ring are others. */
  clear(): void;
  /** The earliest due time (ms since 1970); absent when nothing is due ever. */
  nextDueAt(): number | undefined;
}

/** The least time between two sweeps of a partition: readers do not wait for them, and each one scans it all. */
const sweepSpacingMs = 5_000;

/** `onSooner` is called when something becomes due before everything that was known. */
export function createSchedule(
  tombstoneMsMin: number,
  onSooner: () => void,
): Schedule {
  const dueAts = new Map<number, number>();
  const sweptAts = new Map<number, number>();
  /** The earliest due time that a tick has been asked for. */
  let soonest = Infinity;

  function dueAtOf([partition, dueAt]: readonly [number, number]): number {
    const sweptAt = sweptAts.get(partition);
    return sweptAt === undefined
      ? dueAt
      : Math.max(dueAt, sweptAt + sweepSpacingMs);
  }

  function set(partition: number, dueAt: number): void {
    const known = dueAts.get(partition);
    if (known !== undefined && known <= dueAt) return;
    dueAts.set(partition, dueAt);
    if (dueAt < soonest) {
      soonest = dueAt;
      onSooner();
    }
  }

  return {
    set,
    note(partition, entry) {
      if (entry.value === null)
        set(
          partition,
          Math.max(entry.createdAt, entry.modifiedAt) + tombstoneMsMin,
        );
      else if (entry.expiresAt !== undefined) set(partition, entry.expiresAt);
    },
    takeDue(now, countMax) {
      // A clock that was set back must not put off what is due.
      for (const [partition, sweptAt] of sweptAts)
        if (sweptAt > now) sweptAts.delete(partition);
      const due = [...dueAts].filter((at) => dueAtOf(at) <= now);
      due.sort(([, a], [, b]) => a - b);
      const taken = due.slice(0, countMax);
      for (const [partition] of taken) {
        dueAts.delete(partition);
        sweptAts.set(partition, now);
      }
      return taken.map(([partition]) => partition);
    },
    clear() {
      dueAts.clear();
      sweptAts.clear();
      soonest = Infinity;
    },
    nextDueAt() {
      let next: number | undefined;
      for (const at of dueAts) next = Math.min(next ?? Infinity, dueAtOf(at));
      soonest = next ?? Infinity;
      return next;
    },
  };
}
