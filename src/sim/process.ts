/** A process: what runs, stands still and dies as one, so that nothing outlives its crash or goes on through its pause. */
import type { CancelTimer } from "../ports.ts";
import type { Scheduler } from "./scheduler.ts";

/** A process as its machine sees it: what happens to all that runs in it. What runs in it holds a `Life`. */
export interface Process {
  readonly name: string;
  state(): "down" | "running" | "paused";
  /** Begins a new life; throws while one goes on. Ports made for earlier lives stay dead. */
  start(): Life;
  /** It stops where it is, like on SIGSTOP: timers and messages that become due wait for `resume`. */
  pause(): void;
  resume(): void;
  /** It is gone at once, like on SIGKILL: nothing that it waited for comes back to it. */
  crash(): void;
}

/** From a start to the next crash. Its ports reach the world through it. */
export interface Life {
  /** The process's name. */
  readonly name: string;
  isAlive(): boolean;
  /** Calls back once, `delayMs` from now, or at the end of a pause that is on then; never after the end of this life. */
  after(delayMs: number, callback: () => void): CancelTimer;
  /** Calls back now, at the end of a pause, or never. False: it has to wait for the end of a pause. */
  deliver(callback: () => void): boolean;
  /** Called when this life ends; at once if it has ended. */
  onEnd(callback: () => void): void;
}

/** It is down at first. */
export function createProcess(options: {
  readonly name: string;
  readonly scheduler: Pick<Scheduler, "after">;
}): Process {
  const { name, scheduler } = options;
  let life: ReturnType<typeof createLife> | undefined;

  return {
    name,
    state: () =>
      life === undefined ? "down" : life.isPaused() ? "paused" : "running",
    start() {
      if (life) throw new Error(`${name} runs already`);
      life = createLife(name, scheduler);
      return life.life;
    },
    pause: () => life?.pause(),
    resume: () => life?.resume(),
    crash() {
      const ended = life;
      life = undefined;
      ended?.end();
    },
  };
}

function createLife(name: string, scheduler: Pick<Scheduler, "after">) {
  let isAlive = true;
  let isPaused = false;
  let held: (() => void)[] = [];
  const onEnd: (() => void)[] = [];

  function deliver(callback: () => void): boolean {
    if (!isAlive) return true;
    if (isPaused) {
      held.push(callback);
      return false;
    }
    callback();
    return true;
  }

  const life: Life = {
    name,
    isAlive: () => isAlive,
    after(delayMs, callback) {
      let isCancelled = false;
      const cancel = scheduler.after(delayMs, () => {
        deliver(() => {
          if (!isCancelled) callback();
        });
      });
      return () => {
        isCancelled = true;
        cancel();
      };
    },
    deliver,
    onEnd(callback) {
      if (isAlive) onEnd.push(callback);
      else callback();
    },
  };

  return {
    life,
    isPaused: () => isPaused,
    pause() {
      isPaused = true;
    },
    resume() {
      if (!isPaused) return;
      isPaused = false;
      const due = held;
      held = [];
      // Each in an event of its own, in the order in which they became due.
      for (const callback of due) scheduler.after(0, () => deliver(callback));
    },
    end() {
      isAlive = false;
      held = [];
      for (const callback of onEnd) callback();
    },
  };
}
