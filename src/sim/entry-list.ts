/** The calls and returns of a history in one doubly linked list, from which operations are lifted and put back. */

/** When an operation was called and when it returned; without `return` it takes place at any time after, or never. */
export interface Interval {
  readonly call: number;
  readonly return?: number;
}

/** What may come next: the operations called before the first return that is still in the list. */
interface Pending {
  readonly calls: readonly number[];
  /** The operation whose return comes first; -1 when the list is empty. */
  readonly first: number;
}

/** Operations go by their indices in what the list was made of. */
export interface EntryList {
  pending(): Pending;
  /** Takes the operation's call and return out of the list. */
  lift(operation: number): void;
  /** Puts it back; operations go back in the opposite order of their lifting. */
  unlift(operation: number): void;
  /** How many operations return before this one. */
  rank(operation: number): number;
}

/**
 * Lists intervals that all have a return (Wing and Gong 1993; lift and unlift as in Lowe, "Testing for
 * linearizability", section 4). A call at the moment of a return comes first: the two overlap.
 */
export function createEntryList(intervals: readonly Interval[]): EntryList {
  const count = intervals.length;
  // Entry i is the call of operation i, entry count + i its return; the last one is both ends of the list.
  const end = 2 * count;
  const next = new Int32Array(end + 1);
  const previous = new Int32Array(end + 1);
  const ranks = new Int32Array(count);

  function time(entry: number): number {
    return entry < count
      ? (intervals[entry]?.call ?? 0)
      : (intervals[entry - count]?.return ?? 0);
  }

  function link(before: number, after: number): void {
    next[before] = after;
    previous[after] = before;
  }

  const sorted = Array.from({ length: end }, (_, entry) => entry).sort(
    (a, b) =>
      time(a) - time(b) || Number(a >= count) - Number(b >= count) || a - b,
  );
  let last = end;
  let returns = 0;
  for (const entry of sorted) {
    link(last, entry);
    last = entry;
    if (entry >= count) ranks[entry - count] = returns++;
  }
  link(last, end);

  function take(entry: number): void {
    link(previous[entry] ?? end, next[entry] ?? end);
  }

  function putBack(entry: number): void {
    link(previous[entry] ?? end, entry);
    link(entry, next[entry] ?? end);
  }

  return {
    pending() {
      const calls: number[] = [];
      let entry = next[end] ?? end;
      while (entry < count) {
        calls.push(entry);
        entry = next[entry] ?? end;
      }
      return { calls, first: entry === end ? -1 : entry - count };
    },
    lift(operation) {
      take(operation);
      take(count + operation);
    },
    unlift(operation) {
      putBack(count + operation);
      putBack(operation);
    },
    rank: (operation) => ranks[operation] ?? -1,
  };
}
