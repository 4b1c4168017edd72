/** Faults of machines, clocks, disks and the network between them. */
import type { DiskFaults } from "./disk-faults.ts";
import { noDiskFaults } from "./disk-faults.ts";
import { noFaults } from "./network-faults.ts";
import type { Prng } from "./prng.ts";
import {
  isRotting,
  membersOf,
  pickFrom,
  type RingRun,
  runningOf,
} from "./ring-run.ts";
import { epochMs } from "./virtual-clock.ts";
import type { Machine } from "./world.ts";

/** A kind of harm that the nemesis draws. How it ends is its own affair: after a while, by a recovery, or not at all. */
export interface Fault {
  /** How often it is drawn, beside the others. */
  readonly weight: number;
  /** Does it, and tells to whom; absent when this run, as it stands, has no place for it. */
  strike(hazards: Hazards): string | undefined;
}

/** What a fault may do, and has to know. */
export interface Hazards {
  readonly run: RingRun;
  readonly random: Prng;
  /** Starts a machine that is down, unless it was retired. */
  restart(machine: Machine): void;
  /** Switches a machine off for good. */
  retire(machine: Machine): void;
  /** Calls back after the delay, unless everything was healed before. */
  untilHealed(delayMs: number, end: () => void): void;
  /** Whether the ring still has to get over a machine that was lost. */
  isLossOpen(): boolean;
  /** Begins a loss, which lasts until its recovery resolves. */
  lose(recovery: () => Promise<void>): void;
  /** Takes note if it rejects. */
  inBackground(work: Promise<unknown>): void;
}

const names = (machines: readonly Machine[]) =>
  machines.map(({ name }) => name).join(" ");

function someMachine({ run, random }: Hazards): Machine | undefined {
  return pickFrom(random, [...run.machines.values()]);
}

function someRunning({ run, random }: Hazards): Machine | undefined {
  return pickFrom(random, runningOf(run))?.machine;
}

function crash(hazards: Hazards, machine: Machine): void {
  if (isRotting(hazards.run, machine)) tear(hazards, machine);
  else machine.process.crash();
  hazards.untilHealed(hazards.random.between(50, 2_500), () =>
    hazards.restart(machine),
  );
}

const tearMs = 40;

/**
 * A crash in the middle of writes, which tears records. What is torn is lost, though it was there before: only the disk
 * that rots may do that.
 */
function tear({ untilHealed }: Hazards, { disk, process }: Machine): void {
  disk.setFaults({
    writeMsMin: tearMs,
    writeMsMax: tearMs,
    keptShare: 0.8,
    tornShare: 0.8,
    isTearable: isRegister,
  });
  untilHealed(tearMs, () => {
    process.crash();
    disk.setFaults(noDiskFaults);
  });
}

/** A fault of one disk that passes. */
function diskFault(weight: number, bad: Partial<DiskFaults>): Fault {
  return {
    weight,
    strike(hazards) {
      const machine = someMachine(hazards);
      machine?.disk.setFaults(bad);
      hazards.untilHealed(hazards.random.between(100, 2_000), () =>
        machine?.disk.setFaults(noDiskFaults),
      );
      return machine?.name;
    },
  };
}

/**
 * By the names that they are counted under. None of them means to change who is in the ring, and what one of them
 * loses for good is on the rotting machine alone.
 */
export const machineFaults = {
  crash: {
    weight: 16,
    strike(hazards) {
      const machine = someRunning(hazards);
      if (machine) crash(hazards, machine);
      return machine?.name;
    },
  },
  /** All machines lose their power at once. */
  "power-cut": {
    weight: 2,
    strike(hazards) {
      const all = [...hazards.run.machines.values()];
      for (const machine of all) crash(hazards, machine);
      return names(all);
    },
  },
  pause: {
    weight: 12,
    strike(hazards) {
      const { random, run } = hazards;
      const machine = someRunning(hazards);
      machine?.process.pause();
      const { share, msMax } = run.plan.longPauses;
      const isLong = random.chance(share);
      const durationMs = random.between(200, isLong ? msMax : 4_000);
      hazards.untilHealed(durationMs, () => machine?.process.resume());
      return machine?.name;
    },
  },
  /** Two groups that cannot reach each other. */
  split: {
    weight: 8,
    strike(hazards) {
      const { run, random } = hazards;
      const all = [...run.machines.values()];
      const left = all.filter(() => random.chance(0.4));
      const right = all.filter((machine) => !left.includes(machine));
      if (left.length === 0 || right.length === 0) return undefined;
      const { network } = run.world;
      network.split([left, right].map((side) => side.map(({ name }) => name)));
      hazards.untilHealed(random.between(200, 3_000), () => network.heal());
      return `${names(left)} | ${names(right)}`;
    },
  },
  /** What one machine sends, or what is sent to it, is lost; the other way is open. */
  "one-way-split": {
    weight: 5,
    strike(hazards) {
      const { run, random } = hazards;
      const machine = someMachine(hazards);
      if (!machine) return undefined;
      const { network } = run.world;
      const isOutward = random.chance(0.5);
      for (const { name } of run.machines.values())
        if (name !== machine.name && random.chance(0.8))
          network.cut(
            ...(isOutward
              ? ([machine.name, name] as const)
              : ([name, machine.name] as const)),
          );
      hazards.untilHealed(random.between(200, 3_000), () => network.heal());
      return `${isOutward ? "from" : "to"} ${machine.name}`;
    },
  },
  /** Messages are lost, late and doubled, and nobody tells the caller. */
  noise: {
    weight: 8,
    strike(hazards) {
      const { run, random } = hazards;
      const { network } = run.world;
      network.setFaults({
        delayMsMin: noFaults.delayMsMin,
        delayMsMax: random.between(1, 20),
        slowShare: random.between(0, 0.3),
        slowMsMax: 400,
        requestLostShare: random.between(0, 0.2),
        answerLostShare: random.between(0, 0.2),
        duplicatedShare: random.between(0, 0.2),
        duplicateMsMax: 3_000,
        refusedShare: random.fraction(),
        notSentShare: random.between(0, 0.05),
      });
      hazards.untilHealed(random.between(500, 3_000), () =>
        network.setFaults(run.plan.network),
      );
      return "the network";
    },
  },
  /** A clock is set, forward or back. */
  "clock-jump": {
    weight: 6,
    strike(hazards) {
      const { run, random } = hazards;
      const machine = someMachine(hazards);
      if (!machine) return undefined;
      const { clockErrorMs } = run.plan;
      const aheadMs = machine.clock.now() - epochMs - run.scheduler.now();
      machine.clock.jump(random.between(-clockErrorMs, clockErrorMs) - aheadMs);
      return machine.name;
    },
  },
  "clock-drift": {
    weight: 3,
    strike(hazards) {
      const machine = someMachine(hazards);
      machine?.clock.setDrift(hazards.random.between(-10_000, 10_000));
      return machine?.name;
    },
  },
  "slow-disk": diskFault(4, {
    readMsMax: 2,
    writeMsMax: 20,
    slowShare: 0.1,
    slowMsMax: 400,
  }),
  "full-disk": diskFault(3, { capacityBytes: 0 }),
  "failing-disk": diskFault(3, { readErrorShare: 0.1, writeErrorShare: 0.2 }),
  /** A bit of a register flips, on one machine of the run and no other: a minority of every partition's replicas. */
  "bit-flip": {
    weight: 6,
    strike({ run }) {
      const rotting = membersOf(run).find(({ machine }) =>
        isRotting(run, machine),
      );
      return rotting?.machine.disk.flipBit(isRegister);
    },
  },
} satisfies Record<string, Fault>;

/** A record of a partition: the node's own state has no replica. */
function isRegister(item: string): boolean {
  return /^r\d+:p:[0-9a-f]+:/.test(item);
}
