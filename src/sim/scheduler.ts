/** Virtual time: runs one event after the other, each to the end of all it set going, and moves the clock in between. */
import type { CancelTimer } from "../ports.ts";
import { createEventQueue } from "./event-queue.ts";
import { createPrng, type Prng } from "./prng.ts";

/** The one source of time and chance in a simulation: nothing happens there but as an event of it. */
export interface Scheduler {
  /** Milliseconds since the simulation began: the true time, which no node sees. */
  now(): number;
  /** Calls back once, `delayMs` from now; at once in the order of the calls where it is 0 or less. */
  after(delayMs: number, callback: () => void): CancelTimer;
  /** The root of all chance in this simulation; take a fork of it for each part. */
  readonly random: Prng;
  /** How many events have run. */
  eventCount(): number;
  /**
   * Runs events in order until a limit is met or none is left. Rejects with what an event throws.
   * Time ends at `untilMs` if it is given and was reached, else at the last event.
   */
  run(limits?: RunLimits): Promise<RunEnd>;
  /** Runs until the promise is settled, and settles like it. Rejects when the run ends before. */
  settle<T>(promise: Promise<T>, limits?: RunLimits): Promise<T>;
}

interface RunLimits {
  /** Runs no event later than this. */
  readonly untilMs?: number;
  /** Asked before each event. */
  readonly until?: () => boolean;
  /** A run that goes on beyond this many events is a defect: it rejects. */
  readonly eventsMax?: number;
}

/** `idle`: no event is left. `reached`: `untilMs` was, or `until` said so. */
type RunEnd = "idle" | "reached";

/** Far above what a seed takes; a loop that reschedules itself at the same moment gets there in seconds. */
const eventsMaxDefault = 10_000_000;

/**
 * Each event runs in a turn of its own, as a callback of `setImmediate`: Node.js runs every microtask, and so every
 * continuation of a promise that was settled, before the next one. So the order of everything follows from the order
 * of the events, whatever number of `await`s the code under test takes to get there.
 */
export function createScheduler(options: {
  readonly seed: number | string;
}): Scheduler {
  const queue = createEventQueue();
  let nowMs = 0;
  let eventCount = 0;
  let isRunning = false;

  /** Runs the next event; tells why it does not. */
  function step({ untilMs = Infinity, until }: RunLimits): RunEnd | undefined {
    if (until?.()) return "reached";
    const timeMs = queue.nextTimeMs();
    if (timeMs === undefined || timeMs > untilMs) {
      if (untilMs !== Infinity) nowMs = Math.max(nowMs, untilMs);
      return timeMs === undefined ? "idle" : "reached";
    }
    const event = queue.take();
    nowMs = timeMs;
    eventCount++;
    event?.callback();
    return undefined;
  }

  async function run(limits: RunLimits = {}): Promise<RunEnd> {
    if (isRunning) throw new Error("the simulation runs already");
    isRunning = true;
    const countMax = eventCount + (limits.eventsMax ?? eventsMaxDefault);
    try {
      return await inTurns(() => {
        if (eventCount > countMax)
          throw new Error(`the simulation does not end (at ${nowMs} ms)`);
        return step(limits);
      });
    } finally {
      isRunning = false;
    }
  }

  return {
    now: () => nowMs,
    after(delayMs, callback) {
      // NaN counts as 0, as for a real timer.
      return queue.add(nowMs + (delayMs > 0 ? delayMs : 0), callback);
    },
    random: createPrng(options.seed),
    eventCount: () => eventCount,
    run,
    async settle(promise, limits = {}) {
      let isSettled = false;
      const settled = () => {
        isSettled = true;
      };
      promise.then(settled, settled);
      const until = () => isSettled || limits.until?.() === true;
      const end = await run({ ...limits, until });
      if (!isSettled)
        throw new Error(`the simulation is ${end}, the promise is not settled`);
      return promise;
    },
  };
}

/** Turns taken from the event loop at a time: six times as fast as one by one, and just as separate. */
const turnsAtATime = 64;

/** Calls `step` in one turn after the other until it returns something, or throws. */
function inTurns<T>(step: () => T | undefined): Promise<T> {
  return new Promise((resolve, reject) => {
    let isOver = false;
    function turn(): void {
      if (isOver) return;
      try {
        const end = step();
        if (end === undefined) return;
        isOver = true;
        resolve(end);
      } catch (error) {
        isOver = true;
        reject(error);
      }
    }
    function takeTurns(): void {
      for (let count = 1; count < turnsAtATime; count++) setImmediate(turn);
      setImmediate(() => {
        turn();
        if (!isOver) takeTurns();
      });
    }
    takeTurns();
  });
}
