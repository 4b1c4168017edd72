/** The events still to come, by time; of those at the same time the one added first comes first. */
import type { CancelTimer } from "../ports.ts";

interface Event {
  readonly timeMs: number;
  readonly callback: () => void;
}

/** What the scheduler runs by; it never gives a cancelled event. */
export interface EventQueue {
  /** Cancelling an event that was taken does nothing. */
  add(timeMs: number, callback: () => void): CancelTimer;
  /** The next event's time; absent when there is none. */
  nextTimeMs(): number | undefined;
  take(): Event | undefined;
}

interface Entry extends Event {
  readonly sequence: number;
  isCancelled: boolean;
}

/** A binary heap; cancelled events stay in it until they come to the top. */
export function createEventQueue(): EventQueue {
  const heap: Entry[] = [];
  let sequence = 0;

  function top(): Entry | undefined {
    while (heap[0]?.isCancelled) removeTop(heap);
    return heap[0];
  }

  return {
    add(timeMs, callback) {
      const entry = {
        timeMs,
        callback,
        sequence: sequence++,
        isCancelled: false,
      };
      heap.push(entry);
      rise(heap, heap.length - 1);
      return () => {
        entry.isCancelled = true;
      };
    },
    nextTimeMs: () => top()?.timeMs,
    take() {
      const entry = top();
      if (entry) removeTop(heap);
      return entry;
    },
  };
}

function isBefore(a: Entry, b: Entry): boolean {
  return a.timeMs !== b.timeMs ? a.timeMs < b.timeMs : a.sequence < b.sequence;
}

function rise(heap: Entry[], from: number): void {
  const entry = heap[from];
  let at = from;
  while (entry && at > 0) {
    const parentAt = (at - 1) >> 1;
    const parent = heap[parentAt];
    if (!parent || !isBefore(entry, parent)) break;
    heap[at] = parent;
    at = parentAt;
  }
  if (entry) heap[at] = entry;
}

function removeTop(heap: Entry[]): void {
  const entry = heap.pop();
  if (!entry || heap.length === 0) return;
  let at = 0;
  for (;;) {
    const left = heap[2 * at + 1];
    const right = heap[2 * at + 2];
    const child = left && right && isBefore(right, left) ? right : left;
    if (!child || !isBefore(child, entry)) break;
    heap[at] = child;
    at = child === left ? 2 * at + 1 : 2 * at + 2;
  }
  heap[at] = entry;
}
