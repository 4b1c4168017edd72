/** Waits for a membership change as long as something of it moves: without a majority nothing does, and it is over. */
import { fanOutMax } from "../core/limits.ts";
import type { Progress } from "../core/message.ts";
import type { Clock } from "../ports.ts";
import type { Deadline } from "./deadline.ts";
import type { Departure } from "./departure.ts";
import type { Import } from "./import.ts";
import { mapLimited } from "./limited.ts";
import type { Peers } from "./peers.ts";
import type { Ring } from "./ring.ts";

/** `stuck`: nothing has moved for long. `late`: the deadline came first. */
export type WaitEnd = "ready" | "stuck" | "late";

/** How callers wait for the ring without hanging on one that has lost its majority. */
export interface ChangeWait {
  /** Waits until it is ready, or nothing has moved for longer than a driver takes to end a change that stands still. */
  until(deadline: Deadline, isReady: () => boolean): Promise<WaitEnd>;
}

/** All that shows whether something moves: this node's state and counts, and what drivers say. */
export interface ChangeWaitParts {
  readonly ring: Ring;
  readonly peers: Peers;
  readonly imports: Import;
  readonly departure: Departure;
  /** This node's progress as the driver of a change. */
  readonly progress: () => Progress | undefined;
  readonly clock: Clock;
  readonly changeStallMsMax: number;
}

const pollMs = 50;
/** How long a driver may take to end a change that stands still, when it has a majority: more than three decisions. */
const endMs = 30_000;

/** During a wait the members that decide layouts are asked now and then how far they are; else nobody is. */
export function createChangeWait(parts: ChangeWaitParts): ChangeWait {
  const { clock, changeStallMsMax } = parts;
  return {
    async until(deadline, isReady) {
      let isStuck = false;
      const startTimer = () =>
        clock.timer(changeStallMsMax + endMs, () => {
          isStuck = true;
        });
      let cancel = startTimer();
      const drivers = watchDrivers(parts);
      let mark = markOf(parts, drivers.mark());
      try {
        while (!isReady()) {
          if (deadline.isOver()) return "late";
          if (isStuck) return "stuck";
          await deadline.sleep(pollMs);
          const newer = markOf(parts, drivers.mark());
          if (newer === mark) continue;
          mark = newer;
          cancel();
          cancel = startTimer();
        }
        return "ready";
      } finally {
        cancel();
        drivers.stop();
      }
    },
  };
}

/** Differs when something has moved since. */
function markOf(
  { ring, imports, departure, progress }: ChangeWaitParts,
  ofDrivers: string,
): string {
  const { ringId, epoch } = ring.layout();
  return [
    ringId,
    epoch,
    ring.memberId(),
    imports.keysImported(),
    departure.keysKept(),
    textOf(progress()),
    ofDrivers,
  ].join(" ");
}

function textOf(progress: Progress | undefined): string {
  return progress
    ? `${progress.epoch}/${progress.partitionsDone}/${progress.keysCopied}`
    : "";
}

/** Asks those who may drive the change how far it is, now and then. */
function watchDrivers({
  ring,
  peers,
  clock,
  changeStallMsMax,
}: ChangeWaitParts) {
  /** What each has said last: one that does not answer has not moved anything by that. */
  const said = new Map<string, string>();
  let isStopped = false;
  let cancel = () => {};

  async function ask(): Promise<void> {
    const layout = ring.layout();
    const others = layout.system.filter((id) => id !== ring.memberId());
    await mapLimited(others, fanOutMax, async (id) => {
      const answer = await peers.send(layout, id, { kind: "ping" });
      if (answer.kind === "pong" && answer.progress)
        said.set(id, textOf(answer.progress));
    });
    plan();
  }

  function plan(): void {
    if (!isStopped)
      cancel = clock.timer(changeStallMsMax / 4, () => void ask());
  }

  plan();
  return {
    mark: () => [...said.values()].join(" "),
    stop() {
      isStopped = true;
      cancel();
    },
  };
}
