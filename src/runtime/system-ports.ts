/** The real clock and random source, from web standards alone: for every runtime. */
import type { Clock, Random } from "../ports.ts";

export const systemClock: Clock = {
  now: () => Date.now(),
  timer: (delayMs, callback) => {
    const timer = setTimeout(callback, Math.min(delayMs, timerDelayMsMax));
    return () => clearTimeout(timer);
  },
};

/** Longer delays overflow `setTimeout`, which then calls back at once: a timer may come early, never in a storm. */
const timerDelayMsMax = 2 ** 31 - 1;

export const systemRandom: Random = {
  bytes: (count) => crypto.getRandomValues(new Uint8Array(count)),
  fraction: () => Math.random(),
};
