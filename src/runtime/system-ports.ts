/** The real clock and random source, from web standards alone: for every runtime. */
import type { CancelTimer, Clock, Random } from "../ports.ts";

/** The platform's time and timers; a timer of more than 24 days comes early. */
export const systemClock: Clock = {
  now: () => Date.now(),
  timer: (delayMs, callback) => {
    const timer = setTimeout(callback, Math.min(delayMs, timerDelayMsMax));
    return () => clearTimeout(timer);
  },
};

/** A clock that can be stopped: then none of its timers calls back, or keeps the process that has nothing else to do. */
export interface StoppableClock extends Clock {
  stop(): void;
}

/** The system's clock for one node, which may be closed in a process that goes on. */
export function createStoppableClock(): StoppableClock {
  const cancels = new Set<CancelTimer>();
  let isStopped = false;
  return {
    now: systemClock.now,
    timer(delayMs, callback) {
      if (isStopped) return () => {};
      const cancelTimer = systemClock.timer(delayMs, () => {
        cancels.delete(cancel);
        callback();
      });
      const cancel = () => {
        cancels.delete(cancel);
        cancelTimer();
      };
      cancels.add(cancel);
      return cancel;
    },
    stop() {
      isStopped = true;
      for (const cancel of cancels) cancel();
    },
  };
}

/** Longer delays overflow `setTimeout`, which then calls back at once: a timer may come early, never in a storm. */
const timerDelayMsMax = 2 ** 31 - 1;

/** The platform's cryptographic source; fractions come from a cheaper one, as they are for jitter alone. */
export const systemRandom: Random = {
  bytes(count) {
    if (count > drawn.length)
      return crypto.getRandomValues(new Uint8Array(count));
    if (usedCount + count > drawn.length) {
      crypto.getRandomValues(drawn);
      usedCount = 0;
    }
    usedCount += count;
    return drawn.slice(usedCount - count, usedCount);
  },
  fraction: () => Math.random(),
};

/** Drawn in blocks: a draw costs as much as a hundred ids are long. Nothing of it is given twice. */
const drawn = new Uint8Array(4096);
let usedCount = drawn.length;
