/** A machine's clock: wrong by as much as the simulation says, while true time goes on beside it. */
import type { Clock } from "../ports.ts";
import type { Life } from "./process.ts";
import type { Scheduler } from "./scheduler.ts";

/** One machine's wall clock, and what may be done to it from outside. */
export interface VirtualClock {
  /** What the machine believes the time to be: whole milliseconds since 1970. */
  now(): number;
  /** Sets it forward, or back; timers do not notice. */
  jump(byMs: number): void;
  /** From now on it gains this many microseconds a second, timers included; negative: it loses them. */
  setDrift(partsPerMillion: number): void;
  /** The `Clock` port of a process on this machine. */
  port(life: Life): Clock;
}

/** True time began here: an hour that no code takes for a default, far from 0 and from every 32-bit limit. */
export const epochMs = Date.UTC(2026, 0, 1);

/** The clock outlives the processes on its machine. `skewMs`: how far it is ahead at first. */
export function createVirtualClock(options: {
  readonly scheduler: Pick<Scheduler, "now">;
  readonly skewMs?: number;
  readonly driftPartsPerMillion?: number;
}): VirtualClock {
  const { scheduler } = options;
  let rate = rateOf(options.driftPartsPerMillion ?? 0);
  // Local time at a true time, from which both go on.
  let setAtMs = scheduler.now();
  let localMs = epochMs + setAtMs + (options.skewMs ?? 0);

  function read(): number {
    return localMs + (scheduler.now() - setAtMs) * rate;
  }

  function set(toMs: number): void {
    localMs = toMs;
    setAtMs = scheduler.now();
  }

  const now = () => Math.floor(read());
  return {
    now,
    jump: (byMs) => set(read() + byMs),
    setDrift(partsPerMillion) {
      set(read());
      rate = rateOf(partsPerMillion);
    },
    port: (life) => ({
      now,
      timer: (delayMs, callback) => life.after(delayMs / rate, callback),
    }),
  };
}

function rateOf(partsPerMillion: number): number {
  const rate = 1 + partsPerMillion / 1e6;
  if (!(rate > 0)) throw new RangeError("a clock does not run backwards");
  return rate;
}
