/** When each partition next holds something to expire or to collect. In memory alone: a start scans every partition once. */
import type { Entry } from "../core/entry.ts";

export interface Schedule {
  /** Takes note of an entry that was accepted here. */
  note(partition: number, entry: Entry): void;
  set(partition: number, dueAt: number): void;
  /** Takes the partitions due at `now` out of the schedule, the longest due first. */
  takeDue(now: number): readonly number[];
  /** The earliest due time (ms since 1970); absent when nothing is due ever. */
  nextDueAt(): number | undefined;
  clear(): void;
}

export function createSchedule(tombstoneMsMin: number): Schedule {
  const dueAts = new Map<number, number>();

  function set(partition: number, dueAt: number): void {
    const known = dueAts.get(partition);
    if (known === undefined || dueAt < known) dueAts.set(partition, dueAt);
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
    takeDue(now) {
      const due = [...dueAts].filter(([, dueAt]) => dueAt <= now);
      due.sort(([, a], [, b]) => a - b);
      for (const [partition] of due) dueAts.delete(partition);
      return due.map(([partition]) => partition);
    },
    nextDueAt() {
      let next: number | undefined;
      for (const dueAt of dueAts.values())
        if (next === undefined || dueAt < next) next = dueAt;
      return next;
    },
    clear: () => dueAts.clear(),
  };
}
