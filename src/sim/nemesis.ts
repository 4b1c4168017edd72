/** What goes wrong in a run, and when: faults drawn from the seed, until somebody heals everything. */

import { noDiskFaults } from "./disk-faults.ts";
import { type Fault, type Hazards, machineFaults } from "./machine-faults.ts";
import { guideStrays, membershipFaults } from "./membership-faults.ts";
import { noFaults } from "./network-faults.ts";
import { plots } from "./plots.ts";
import { isRotting, type RingRun, sleep } from "./ring-run.ts";
import type { Machine } from "./world.ts";

/** The faults of one run: whoever plays the run has them begin and end. */
export interface Nemesis {
  /** Strikes again and again until `heal`. */
  run(): Promise<void>;
  /** How many faults have struck. */
  strikeCount(): number;
  /** Ends the faults, mends everything and starts every machine; what was begun for a lost machine goes on. */
  heal(): void;
  /**
   * Whether a machine that was lost for good is still to be removed, or replaced, or after `heal` a member that went
   * astray is still to be told where the ring is.
   */
  isBusy(): boolean;
}

/** Every kind of fault that plans draw, by the name that it is counted under. */
export const faults: Readonly<Record<string, Fault>> = {
  ...machineFaults,
  ...membershipFaults,
};

const strikeMsMin = 80;
const strikeMsMax = 500;
const restartMs = 500;

/** Does nothing before `run`. What rejects in the background of a fault is a violation of the run. */
export function createNemesis(run: RingRun): Nemesis {
  const { scheduler, world } = run;
  const random = scheduler.random.fork("nemesis");
  let isOver = false;
  let lossesOpen = 0;
  let strikeCount = 0;

  function restart(machine: Machine): void {
    const isWanted = run.machines.get(machine.name) === machine;
    if (!isWanted || machine.process.state() !== "down") return;
    // A disk that fails lets no node start: the operator tries again.
    machine
      .start()
      .catch(() => scheduler.after(restartMs, () => restart(machine)));
  }

  const hazards: Hazards = {
    run,
    random,
    restart,
    retire(machine) {
      run.machines.delete(machine.name);
      machine.process.crash();
    },
    untilHealed(delayMs, end) {
      scheduler.after(delayMs, () => {
        if (!isOver) end();
      });
    },
    isLossOpen: () => lossesOpen > 0,
    lose(recovery) {
      lossesOpen++;
      hazards.inBackground(
        recovery().then(() => {
          lossesOpen--;
        }),
      );
    },
    inBackground(work) {
      work.catch((error: unknown) =>
        run.violations.push({
          check: "nothing throws",
          detail: stackOf(error),
        }),
      );
    },
  };

  function strike(name: string, fault: Fault): void {
    const victim = fault.strike(hazards);
    if (victim === undefined) return;
    strikeCount++;
    run.counts.add(name);
    run.note(`${scheduler.now()} fault ${name} ${victim}`);
  }

  return {
    async run() {
      // A run without a membership change shows little.
      const [first] = Object.entries(membershipFaults);
      if (first && run.plan.hasMembershipChanges) strike(...first);
      while (!isOver) {
        await sleep(scheduler, random.between(strikeMsMin, strikeMsMax));
        if (!isOver) strike(...pickFault(hazards));
      }
    },
    strikeCount: () => strikeCount,
    heal() {
      isOver = true;
      world.network.heal();
      world.network.setFaults(noFaults);
      for (const machine of run.machines.values()) {
        machine.disk.setFaults(noDiskFaults);
        machine.process.resume();
        // What has rotted since it was last read is met by the scan at a start, if by nobody else.
        if (isRotting(run, machine)) machine.process.crash();
        restart(machine);
      }
      hazards.lose(() => guideStrays(hazards));
    },
    isBusy: () => lossesOpen > 0,
  };
}

function pickFault({ random, run }: Hazards): [string, Fault] {
  const { membershipBias, hasMembershipChanges, faults: drawn } = run.plan;
  const possible = hasMembershipChanges ? faults : machineFaults;
  const entries: [string, Fault][] = drawn
    ? Object.entries({ ...possible, ...plots }).filter(([name]) =>
        drawn.includes(name),
      )
    : Object.entries(possible);
  const weightOf = ([name, { weight }]: [string, Fault]) =>
    name in membershipFaults ? weight * membershipBias : weight;
  const weights = entries.map(weightOf);
  let left = random.fraction() * weights.reduce((sum, each) => sum + each, 0);
  for (const entry of entries) {
    left -= weightOf(entry);
    if (left < 0) return entry;
  }
  throw new Error("there is no fault to pick");
}

function stackOf(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : `${error}`;
}
