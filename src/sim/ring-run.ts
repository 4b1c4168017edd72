/** What the parts of a whole-ring run share: the machines, who is in the ring, the history, the counters, the trace. */
import type { RingNode } from "../node/api.ts";
import type { HistoryRecorder } from "./history.ts";
import type { Plan } from "./plan.ts";
import type { Prng } from "./prng.ts";
import type { Scheduler } from "./scheduler.ts";
import type { Machine, World } from "./world.ts";

/** Handed to every part of a run; what one of them finds, it adds here. */
export interface RingRun {
  readonly world: World;
  readonly scheduler: Scheduler;
  readonly plan: Plan;
  /** Every machine by its name; one that is switched off for good is taken out. */
  readonly machines: Map<string, Machine>;
  /** The ring that clients use. A node that left, or was removed, is a ring of its own. */
  readonly mainRingId: string;
  readonly history: HistoryRecorder;
  /** The machine whose disk rots, in a run where one does. */
  readonly rottingName: string;
  /** Machines that were asked to leave, and have not answered. */
  readonly leaving: Set<Machine>;
  /** A name that no machine has had. */
  newName(): string;
  /** How often something happened, by its name. */
  readonly counts: Counts;
  /** What must not have happened, as it is found. */
  readonly violations: Violation[];
  /** Notes what somebody did, for the trace. */
  note(line: string): void;
}

/** A promise that was not kept; one is enough for a seed to fail. */
export interface Violation {
  /** The check that found it. */
  readonly check: string;
  /** For people. */
  readonly detail: string;
  /** Where one key's history says it: that history as a picture of intervals. */
  readonly picture?: string;
}

/** Names come into being as they are first counted. */
export interface Counts {
  add(name: string): void;
  get(name: string): number;
  /** In the order of the names. */
  all(): Readonly<Record<string, number>>;
}

/** Nothing is counted yet. */
export function createCounts(): Counts {
  const counts = new Map<string, number>();
  return {
    add: (name) => counts.set(name, (counts.get(name) ?? 0) + 1),
    get: (name) => counts.get(name) ?? 0,
    all: () => Object.fromEntries([...counts].sort(([a], [b]) => order(a, b))),
  };
}

function order(a: string, b: string): number {
  return a < b ? -1 : 1;
}

/** A machine with the node that it runs now. */
export interface Running {
  readonly machine: Machine;
  readonly node: RingNode;
}

/** Those whose node runs, or is paused. */
export function runningOf({ machines }: RingRun): readonly Running[] {
  return [...machines.values()].flatMap((machine) => {
    const node = machine.node();
    return node ? [{ machine, node }] : [];
  });
}

/** Those that believe to be in the main ring. */
export function membersOf(run: RingRun): readonly Running[] {
  return runningOf(run).filter(
    ({ node }) => node.status().ringId === run.mainRingId,
  );
}

/** Whether the machine's disk may lose what it has acknowledged. */
export function isRotting(
  { plan, rottingName }: RingRun,
  { name }: Machine,
): boolean {
  return plan.losses === "bits" && name === rottingName;
}

/** One of them; absent when there is none. */
export function pickFrom<T>(random: Prng, items: readonly T[]): T | undefined {
  return items.length > 0 ? random.pick(items) : undefined;
}

/** Waits in virtual time, of which no machine's pause or crash takes note. */
export function sleep(scheduler: Scheduler, delayMs: number): Promise<void> {
  return new Promise((resolve) => {
    scheduler.after(delayMs, resolve);
  });
}
