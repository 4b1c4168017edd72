/** Drives a node's background work by timers, on runtimes whose processes last. */
import type { RingNode, TickReport } from "../node/api.ts";
import type { CancelTimer, Clock, Log } from "../ports.ts";

/** Background work of a node, under way until it is stopped. */
export interface TickLoop {
  /** Starts no further tick, and resolves when the one under way has ended. */
  stop(): Promise<void>;
}

/** The node whose work is done, by which clock, and who is told of a defect in it. */
export interface TickLoopOptions {
  readonly node: Pick<RingNode, "onWake"> & {
    tick(): Promise<Pick<TickReport, "nextTickAt">>;
  };
  readonly clock: Clock;
  readonly log: Pick<Log, "error">;
}

/** How long a tick that met a defect waits before the next: it may meet it again. */
const defectDelayMs = 1_000;

/** Ticks at once, then whenever the node says, never two ticks at a time. */
export function startTickLoop({ node, clock, log }: TickLoopOptions): TickLoop {
  let isStopped = false;
  let isWoken = false;
  let running: Promise<void> | undefined;
  let cancelTimer: CancelTimer = () => {};

  function schedule(delayMs: number): void {
    cancelTimer();
    // Even what is due at once goes by a timer, so that requests get their turn between two ticks.
    if (!isStopped) cancelTimer = clock.timer(delayMs, run);
  }

  function run(): void {
    isWoken = false;
    running = tick().then((nextDelayMs) => {
      running = undefined;
      if (isWoken) schedule(0);
      else if (nextDelayMs !== undefined) schedule(nextDelayMs);
    });
  }

  /** How long from now the next tick is due; absent when there is nothing to do. */
  async function tick(): Promise<number | undefined> {
    try {
      const { nextTickAt } = await node.tick();
      return nextTickAt && Math.max(0, nextTickAt - clock.now());
    } catch (error) {
      log.error("a tick met a defect", { error });
      return defectDelayMs;
    }
  }

  node.onWake(() => {
    isWoken = true;
    if (!running) schedule(0);
  });
  schedule(0);
  return {
    async stop() {
      isStopped = true;
      cancelTimer();
      await running;
    },
  };
}
