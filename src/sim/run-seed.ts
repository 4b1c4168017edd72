/** One seed: a ring is formed, worked on under faults, healed, and judged. */
import { createHash } from "node:crypto";
import type { DiskCounters } from "./disk-faults.ts";
import { eventualViolations } from "./eventual-ring.ts";
import { createHistoryRecorder, type Operation } from "./history.ts";
import { historyViolations, storeViolations, unrest } from "./invariants.ts";
import { lastClient, lastOperations } from "./last-operations.ts";
import { createLayoutChain } from "./layout-chain.ts";
import { createNemesis } from "./nemesis.ts";
import type { NetworkCounters } from "./network-faults.ts";
import { type Plan, planOf } from "./plan.ts";
import { createPrng } from "./prng.ts";
import {
  createCounts,
  type RingRun,
  sleep,
  type Violation,
} from "./ring-run.ts";
import { startWatchers } from "./watchers.ts";
import { runWorkload } from "./workload.ts";
import { createWorld, type Machine } from "./world.ts";

/** What makes a run: the same options give the same trace. */
export interface SeedOptions {
  readonly seed: number | string;
  /** How many operations the clients call before the ring is healed, or more, until faults enough have struck. */
  readonly operationCount: number;
  /** How many nodes form the ring; the seed decides when absent. */
  readonly nodeCount?: number;
  /** Linearizable unless it says otherwise. */
  readonly consistency?: Plan["consistency"];
  /** What is not left to the seed. */
  readonly scenario?: Partial<Plan>;
  /** Given each line of the trace as it happens. */
  readonly onTrace?: (line: string) => void;
}

/** What became of a run; it can be cloned, so that a worker thread can hand it over. */
export interface SeedReport {
  readonly plan: Plan;
  /** SHA-256 over everything that happened, in order: two runs of a seed have the same. */
  readonly traceHash: string;
  /** All that the history has: calls of clients with their repetitions, last operations, and what watches showed first. */
  readonly operationCount: number;
  /** How often each thing happened: faults by their names, and what calls, changes, locks and watches came to (`put: ok`). */
  readonly counts: Readonly<Record<string, number>>;
  readonly network: NetworkCounters;
  readonly disks: DiskCounters;
  /** How much time passed in the simulation. */
  readonly virtualMs: number;
  readonly violations: readonly Violation[];
}

/** The longest that a run under faults takes, and a healed ring until it is at rest: what is longer has no end. */
const workloadMsMax = 1_200_000;
const restMsMax = 240_000;

/** At least one fault strikes in so many calls: five in a whole seed. */
const callsAFault = 100;

/** After tombstones have become old enough: as long as it takes to compare all replicas, and to collect. */
const collectionMs = 60_000;

/**
 * Whatever goes wrong in the ring is a violation in the report. Rejects when a node does not even start before any
 * fault, and on a defect of the simulator.
 */
export async function runSeed(options: SeedOptions): Promise<SeedReport> {
  const { onTrace } = options;
  const hash = createHash("sha256");
  const trace = (line: string) => {
    hash.update(line).update("\n");
    onTrace?.(line);
  };
  const plan = {
    ...planOf(createPrng(`plan ${options.seed}`), options),
    ...options.scenario,
  };
  const { run, formed } = await found(options, plan, trace);
  if (formed) await play(run);
  const operations = run.history.operations();
  for (const operation of operations) trace(JSON.stringify(operation));
  return {
    plan,
    traceHash: hash.digest("hex"),
    operationCount: operations.length,
    counts: run.counts.all(),
    network: run.world.network.counters(),
    disks: run.world.diskCounters(),
    virtualMs: run.scheduler.now(),
    violations: [...run.violations, ...judged(plan, operations)],
  };
}

function judged(plan: Plan, operations: readonly Operation[]) {
  return plan.consistency === "eventual"
    ? eventualViolations(operations, {
        lastClient,
        judgesLosses: !plan.hasMembershipChanges || plan.isPatient,
        // Each is set wrong by so much, and drifts by a hundredth either way.
        clockGapMs: (atMs) => 2 * plan.clockErrorMs + 0.02 * atMs,
      })
    : historyViolations(operations);
}

/** A ring of the plan's size. */
async function found(
  { seed }: SeedOptions,
  plan: Plan,
  note: (line: string) => void,
): Promise<{ run: RingRun; formed: boolean }> {
  const { partitionCount, replicaCount, consistency, timing } = plan;
  const violations: Violation[] = [];
  const chain = createLayoutChain();
  const world = createWorld({
    seed,
    founding: { partitionCount, replicaCount, consistency },
    timing,
    trace: note,
    onState(machine, { stay }) {
      const fault = chain.note(machine, stay);
      if (fault !== undefined)
        violations.push({ check: "one chain of layouts", detail: fault });
    },
  });
  const { scheduler } = world;
  const random = scheduler.random.fork("founding");
  const machines = new Map<string, Machine>();
  let nameCount = 0;
  const newName = () => `n${nameCount++}`;

  async function form(): Promise<string> {
    for (let count = 0; count < plan.nodeCount; count++) {
      const name = newName();
      const skewMs = random.between(-plan.clockErrorMs, plan.clockErrorMs);
      const driftPartsPerMillion = random.between(-10_000, 10_000);
      const machine = world.machine(name, { skewMs, driftPartsPerMillion });
      machines.set(name, machine);
      const node = await machine.start();
      const joined =
        count === 0 ? undefined : await node.join({ urls: ["http://n0"] });
      if (joined && !joined.ok)
        violations.push({ check: "forming", detail: joined.error.message });
    }
    return machines.get("n0")?.node()?.status().ringId ?? "";
  }

  const mainRingId = await scheduler.settle(form());
  const run: RingRun = {
    world,
    scheduler,
    plan,
    machines,
    mainRingId,
    rottingName: `n${random.below(plan.nodeCount)}`,
    leaving: new Set(),
    newName,
    history: createHistoryRecorder(scheduler.now),
    counts: createCounts(),
    violations,
    note,
  };
  return { run, formed: violations.length === 0 };
}

async function play(run: RingRun): Promise<void> {
  const { scheduler, violations } = run;
  const nemesis = createNemesis(run);
  const inTime = async (check: string, work: Promise<void>, ms: number) => {
    const untilMs = scheduler.now() + ms;
    await scheduler
      .settle(work, { untilMs })
      .catch((error: unknown) =>
        violations.push({ check, detail: `${error}` }),
      );
  };
  run.world.network.setFaults(run.plan.network);
  void nemesis.run();
  const watchers = startWatchers(run);
  const hasFaults = () =>
    nemesis.strikeCount() >= Math.floor(run.plan.operationCount / callsAFault);
  await inTime("the workload ends", runWorkload(run, hasFaults), workloadMsMax);
  nemesis.heal();
  await inTime("watches are closed", watchers.pause(), restMsMax);
  await inTime("the ring comes to rest", rest(run, nemesis), restMsMax);
  for (const detail of unrest(run)) violations.push({ check: "rest", detail });
  if (nemesis.isBusy())
    violations.push({ check: "rest", detail: "a loss is not made up for" });
  const { tombstoneMsMin = 0 } = run.plan.timing;
  const collectedAtMs =
    tombstoneMsMin + 2 * run.plan.clockErrorMs + collectionMs;
  await scheduler.run({ untilMs: scheduler.now() + collectedAtMs });
  // First of all, for a read makes sure of what it answers, and would mend what was to be found.
  violations.push(...(await scheduler.settle(storeViolations(run))));
  watchers.resume();
  await inTime("last operations end", lastOperations(run), restMsMax);
  await inTime("watches come to the end", watchers.verify(), restMsMax);
}

/** Resolves when nothing is left to do in the ring, and stays so for a moment. */
async function rest(
  run: RingRun,
  nemesis: { isBusy(): boolean },
): Promise<void> {
  for (let quietLooks = 0; quietLooks < 5; ) {
    await sleep(run.scheduler, 1_000);
    const isQuiet = !nemesis.isBusy() && unrest(run).length === 0;
    quietLooks = isQuiet ? quietLooks + 1 : 0;
  }
}
