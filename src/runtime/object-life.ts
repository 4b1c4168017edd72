/** When a Durable Object works and when it may sleep: an alarm brings it back as long as anything is unfinished. */
import type { NodeOptions, RingNode } from "../node/api.ts";
import type { Clock, Log } from "../ports.ts";
import type { ObjectStorage } from "./cloudflare.ts";

/** What the object, its store and its node tell of what they do, so that it stays until that is finished. */
export interface ObjectLife {
  /** How the last life on this storage ended; see `NodeOptions`. */
  readonly atRest: NodeOptions["atRest"];
  /** A request is under way until what this gives is called. */
  begin(): () => void;
  /** To be called with every write to the storage, in the same turn: reads leave nothing unfinished. */
  wrote(): void;
  /** Has the node's background work done from now on. */
  drive(node: Pick<RingNode, "tick" | "onWake">, log: Pick<Log, "error">): void;
  /** The alarm, or a cron trigger. Never throws: the platform gives an alarm up after six failures. */
  alarm(): void;
}

/** Where the note and the alarm are kept, and by which clock the object rests. */
export interface ObjectLifeParts {
  readonly storage: Pick<ObjectStorage, "kv" | "setAlarm">;
  /** How long nothing has happened when it rests (ms); `watchMs` unless given. */
  readonly quietMs?: number;
  readonly clock: Clock;
}

/**
 * The alarm comes back so often while there is work: longer than a call to a peer, so that nothing is on its way when
 * nothing has happened since. A tick that is due later is left to the alarm, as a timer would keep the object in memory.
 */
export const watchMs = 5_000;
/** How long a tick that met a defect waits before the next: it may meet it again. */
const defectDelayMs = 1_000;
const restKey = "rest";

interface Rest {
  readonly nextTickAt?: number;
}

/**
 * An object can be gone after any request: it has no shutdown, and it forgets its memory. So it keeps a note while it is
 * at rest, and takes the note away, with an alarm set, in the transaction of its next write. Whoever finds no note knows
 * that something was unfinished.
 */
export function createObjectLife(parts: ObjectLifeParts): ObjectLife {
  const { storage, clock, quietMs = watchMs } = parts;
  const atRest = storage.kv.get(restKey) as Rest | undefined;
  let isResting = atRest !== undefined;
  /** Until when it rests; absent: until something is written. */
  let restsUntil = atRest?.nextTickAt;
  let openCount = 0;
  let lastBusyAt = clock.now();
  let tick: (() => Promise<number | undefined>) | undefined;
  let isTicking = false;
  let isWoken = false;
  let report: Awaited<ReturnType<RingNode["tick"]>> | undefined;
  let cancelTimer = () => {};

  function wakeUp(): void {
    lastBusyAt = clock.now();
    if (!isResting) return;
    isResting = false;
    storage.kv.delete(restKey);
    setAlarm(watchMs);
  }

  function setAlarm(delayMs: number): void {
    // Its failure is the storage's: the platform resets the object.
    void storage.setAlarm(clock.now() + delayMs);
  }

  function runIn(delayMs: number): void {
    cancelTimer();
    cancelTimer = delayMs < watchMs ? clock.timer(delayMs, run) : () => {};
  }

  function run(): void {
    if (!tick || isTicking) return;
    isTicking = true;
    isWoken = false;
    void tick().then((delayMs) => {
      isTicking = false;
      if (isWoken) runIn(0);
      else if (delayMs !== undefined) runIn(delayMs);
    });
  }

  /** Gives how long from now the next is due; absent when nothing is due ever. */
  async function tickOnce(
    node: Pick<RingNode, "tick">,
    log: Pick<Log, "error">,
  ): Promise<number | undefined> {
    try {
      report = await node.tick();
      const { nextTickAt } = report;
      return nextTickAt && Math.max(0, nextTickAt - clock.now());
    } catch (error) {
      log.error("a tick met a defect", { error });
      report = undefined;
      return defectDelayMs;
    }
  }

  function mayRest(): boolean {
    const isQuiet = clock.now() - lastBusyAt >= quietMs;
    return (
      isQuiet &&
      openCount === 0 &&
      !isTicking &&
      !isWoken &&
      report?.isAtRest === true &&
      (report.nextTickAt ?? Infinity) > clock.now() + watchMs
    );
  }

  function rest(): void {
    const nextTickAt = report?.nextTickAt;
    const note: Rest = nextTickAt === undefined ? {} : { nextTickAt };
    isResting = true;
    restsUntil = nextTickAt;
    storage.kv.put(restKey, note);
    if (nextTickAt !== undefined) void storage.setAlarm(nextTickAt);
  }

  /** An alarm of before the rest and a cron trigger strike when nothing is due: then the note stays. */
  function isDisturbed(): boolean {
    if (!isResting) return false;
    if (restsUntil === undefined) return true;
    const leftMs = restsUntil - clock.now();
    if (leftMs > 0) setAlarm(leftMs);
    return leftMs > 0;
  }

  // The first life of all, or one that follows an unfinished one.
  if (!isResting) setAlarm(watchMs);

  return {
    atRest,
    begin() {
      openCount++;
      return () => {
        openCount--;
      };
    },
    wrote: wakeUp,
    drive(node, log) {
      tick = () => tickOnce(node, log);
      // The one before may be far away, if the node could not be opened when it struck.
      if (!isResting) setAlarm(watchMs);
      node.onWake(() => {
        isWoken = true;
        wakeUp();
        if (!isTicking) runIn(0);
      });
      run();
    },
    alarm() {
      if (isDisturbed()) return;
      if (isResting) wakeUp();
      else if (mayRest()) return rest();
      else setAlarm(watchMs);
      run();
    },
  };
}
