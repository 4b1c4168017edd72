/** What a seed decides before its run begins: the ring's size and settings, and which hazards may meet in it. */
import type { Settings } from "../core/layout.ts";
import type { Timing } from "../node/api.ts";
import { type NetworkFaults, noFaults, phaseFaults } from "./network-faults.ts";
import type { Prng } from "./prng.ts";

/** Drawn once; what a scenario says takes the place of what was drawn. */
export interface Plan {
  readonly consistency: Settings["consistency"];
  readonly nodeCount: number;
  readonly partitionCount: number;
  readonly replicaCount: number;
  /** What the replica count may be changed to. */
  readonly replicaCounts: readonly number[];
  readonly keys: readonly string[];
  /** Those of them that are counted on: increments, and puts of numbers. */
  readonly counterKeys: readonly string[];
  readonly clientCount: number;
  /** Readers that watch a key each. */
  readonly watcherCount: number;
  /** Clients beside them that share a lock; 0 when there are none. */
  readonly lockerCount: number;
  readonly operationCount: number;
  /** Other limits than a node has by itself. */
  readonly timing: Partial<Timing>;
  /** Whether messages fare each by itself, or those of a phase together (phases.ts). */
  readonly schedule: "message" | "phase";
  /** How messages fare when no fault is at work. */
  readonly network: NetworkFaults;
  /** The kinds of fault that the nemesis draws from; all of them when absent. */
  readonly faults?: readonly string[];
  /** Whether the ring's members change while clients work. */
  readonly hasMembershipChanges: boolean;
  /**
   * Whether a change in an eventual ring waits for longer than any member is ever away: then it misses nothing that a
   * member holds alone, and must lose nothing.
   */
  readonly isPatient: boolean;
  /** How much likelier than its weight says a membership change is to be the next fault. */
  readonly membershipBias: number;
  /**
   * What may be lost for good. Three replicas bear the loss of one: `disks` lets one machine at a time lose its disk,
   * `bits` lets one machine's disk rot. Both together, or either with fewer replicas, may lose acknowledged writes.
   */
  readonly losses: "none" | "disks" | "bits";
  /** How far a clock may be from true time, drift aside. */
  readonly clockErrorMs: number;
  /**
   * Whether clients repeat an operation under its idempotency key. A ring promises to know it again while tombstones
   * are kept, so that they are kept for the whole run where clients do this.
   */
  readonly repeats: boolean;
  /** The share of writes that carry conditions. */
  readonly conditionShare: number;
  /** Most pauses take seconds; some outlast everything that others believe about the node. */
  readonly longPauses: { readonly share: number; readonly msMax: number };
}

/** What the seed does not decide. */
export interface PlanOptions {
  readonly operationCount: number;
  /** Instead of the number that the seed draws. */
  readonly nodeCount?: number;
  /** Linearizable unless it says otherwise. */
  readonly consistency?: Settings["consistency"];
}

/** The same chance and options give the same plan. */
export function planOf(random: Prng, options: PlanOptions): Plan {
  const { operationCount } = options;
  const replicaCount = random.pick([1, 2, 3, 3, 3, 3]);
  const losses =
    replicaCount < 3
      ? "none"
      : random.pick(["none", "disks", "disks", "bits"] as const);
  const repeats = random.chance(0.5);
  // Who loses machines needs some to lose.
  const nodeCount = random.pick(losses === "disks" ? [5, 6] : [3, 4, 4, 5]);
  const schedules = random.fork("schedule");
  const isByPhase = schedules.chance(0.4);
  const partitionCount = random.pick([2, 4, 8]);
  const keys = ["a", "b", "c", "d", "e"].slice(0, random.pick([2, 3, 5]));
  const counters = random.fork("counters");
  const plan: Plan = {
    consistency: "linearizable",
    hasMembershipChanges: true,
    isPatient: false,
    nodeCount: options.nodeCount ?? nodeCount,
    schedule: isByPhase ? "phase" : "message",
    network: isByPhase ? phaseFaults(schedules.between(0.1, 0.5)) : noFaults,
    membershipBias: isByPhase ? 4 : 1,
    partitionCount,
    replicaCount,
    replicaCounts: losses === "none" ? [1, 2, 3, 4] : [3, 4, 5],
    keys,
    counterKeys: keys.filter(() => counters.chance(0.4)),
    clientCount: random.pick([3, 4, 6]),
    watcherCount: random.fork("watchers").pick([0, 0, 2, 3]),
    lockerCount: random.fork("lockers").chance(0.4) ? 3 : 0,
    operationCount,
    timing: {
      peerCallTimeoutMs: 300,
      operationTimeoutMs: 1_500,
      hedgeDelayMs: 30,
      tombstoneMsMin: repeats ? 60_000 : 3_000,
      changeStallMsMax: 4_000,
      watchRenewMs: 2_000,
    },
    losses,
    clockErrorMs: random.pick([200, 4_000]),
    repeats,
    conditionShare: 0.25,
    longPauses: { share: 0.1, msMax: 120_000 },
  };
  return options.consistency === "eventual" ? eventualPlan(plan, random) : plan;
}

/**
 * One replica may be all that has a write, so no disk is lost; an operation that is repeated where nobody knows of it
 * takes place twice; and a message under way must not outlive tombstones.
 */
function eventualPlan(plan: Plan, random: Prng): Plan {
  const isPatient = random.fork("patience").chance(0.7);
  return {
    ...plan,
    consistency: "eventual",
    losses: "none",
    repeats: false,
    // What they are shown is as stale as any read there.
    watcherCount: 0,
    lockerCount: 0,
    hasMembershipChanges: random.fork("eventual").chance(0.5),
    isPatient,
    ...(isPatient && { longPauses: { share: 0, msMax: 0 } }),
    timing: {
      ...plan.timing,
      tombstoneMsMin: 180_000,
      ...(isPatient && { changeStallMsMax: 60_000 }),
    },
  };
}
