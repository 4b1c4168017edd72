/** Repair: replicas compare their partitions, and what differs is refreshed; what failed its checksum is rebuilt. */
import {
  type Layout,
  partitionsOf,
  replicaIdsOf,
  sinceOf,
} from "../core/layout.ts";
import type { Log, Store } from "../ports.ts";
import { comparableIds, comparePage, differingPartitions } from "./compare.ts";
import type { Coordinator } from "./coordinator.ts";
import { compareGained } from "./gained.ts";
import { mapLimited } from "./limited.ts";
import { canRebuild, isObsolete, isPastPromises, rebuild } from "./rebuild.ts";
import type { Ring } from "./ring.ts";
import type { Schedule } from "./schedule.ts";
import type { Suspicion } from "./suspicion.ts";
import type { Unreadable, UnreadableRecord } from "./unreadable.ts";
import type { Voters } from "./voters.ts";

/** Brings replicas into agreement. What nobody suspects is not compared: an idle ring is silent. */
export interface Repair {
  /** Has the partitions shared with this member compared; all of this node's when none is given. */
  suspect(otherId?: string): void;
  /** Has this partition compared, if the node keeps it. */
  suspectPartition(partition: number): void;
  /** Whether a record could be rebuilt if the ring's epoch were another one. */
  needsNewEpoch(): boolean;
  /** One bounded step; gives milliseconds until the next, absent when nothing can be compared or rebuilt now. */
  step(): Promise<number | undefined>;
}

/** What repair works on: the ring's partitions, what is unreadable in them, and whom it may ask. */
export interface RepairParts {
  readonly ring: Ring;
  readonly store: Store;
  readonly voters: Voters;
  readonly coordinator: Coordinator;
  readonly unreadable: Unreadable;
  readonly suspicion: Suspicion;
  readonly schedule: Pick<Schedule, "note">;
  /** Called when a comparison has become due that no tick was asked for. */
  readonly onSuspected: () => void;
  readonly log: Log;
  readonly operationTimeoutMs: number;
}

/** Bounds of a step: partitions whose digests are compared, those of which a page is, and records that are rebuilt. */
const digestsAStep = 32;
const pagesAStep = 4;
const recordsAStep = 16;
/** What failed is tried later and later while nothing else succeeds: it may need an operator. */
const retryMsMin = 2_000;
const retryMsMax = 60_000;

/** A partition whose replicas differ, and how far its keys have been compared. */
interface Comparison {
  readonly partition: number;
  readonly after?: string | undefined;
  readonly refreshedCount: number;
  /** Whether all replicas took what was refreshed. */
  readonly isHeld: boolean;
  /** The replicas that could not read some of their records. */
  readonly unreadableIds: readonly string[];
}

/** What is suspected is in memory alone: a start suspects all partitions, unless the node was at rest. */
export function createRepair(parts: RepairParts): Repair {
  const { ring, unreadable, log } = parts;
  // Each in the order in which it is tried: what cannot be done now goes to the end.
  const suspected = new Set<number>();
  const differing = new Map<number, Comparison>();
  let enteredRingId = "";
  let retryMs = retryMsMin;
  let failuresInTurn = 0;

  /** Partition numbers of another ring mean nothing in this one. */
  function enter({ ringId }: Layout): void {
    if (ringId === enteredRingId) return;
    enteredRingId = ringId;
    suspected.clear();
    differing.clear();
  }

  /** The first that can be compared now: a member that does not answer is waited for, and is suspected when it recovers. */
  function firstOf(
    partitions: Iterable<number>,
    layout: Layout,
    countMax: number,
  ): readonly number[] {
    const some: number[] = [];
    for (const partition of partitions) {
      if (comparableIds(parts, layout, partition).length > 0)
        some.push(partition);
      if (some.length === countMax) break;
    }
    return some;
  }

  function rebuildable(layout: Layout): readonly UnreadableRecord[] {
    for (const record of unreadable.records())
      if (isObsolete(ring, record)) unreadable.forget(record);
    return unreadable
      .records()
      .filter((record) => canRebuild(parts, layout, record));
  }

  function rebuildableNow(layout: Layout): readonly UnreadableRecord[] {
    return rebuildable(layout).filter((each) => isPastPromises(layout, each));
  }

  async function rebuildSome(layout: Layout): Promise<readonly boolean[]> {
    const some = rebuildableNow(layout).slice(0, recordsAStep);
    return mapLimited(some, recordsAStep, async (record) => {
      const isDone = await rebuild(parts, record);
      if (isDone) unreadable.forget(record);
      else unreadable.postpone(record);
      return isDone;
    });
  }

  async function compareDigests(layout: Layout): Promise<readonly boolean[]> {
    const some = firstOf(suspected, layout, digestsAStep);
    // Whoever is suspected again from here on is compared again.
    for (const partition of some) suspected.delete(partition);
    if (some.length === 0) return [];
    const found = new Set(await differingPartitions(parts, layout, some));
    for (const partition of some)
      if (found.has(partition))
        differing.set(partition, {
          partition,
          refreshedCount: 0,
          isHeld: true,
          unreadableIds: [],
        });
      else unreadable.forgetNameless({ space: ring.space(), partition });
    return found.size < some.length ? [true] : [];
  }

  function compareSome(layout: Layout): Promise<readonly boolean[]> {
    const some = firstOf(differing.keys(), layout, pagesAStep);
    return mapLimited(some, pagesAStep, async (partition) => {
      const before = differing.get(partition);
      if (!before) return false;
      const page = await comparePage(parts, layout, partition, before.after);
      differing.delete(partition);
      if (!page) differing.set(partition, before);
      if (!page) return false;
      const { refreshedCount, unreadableIds } = before;
      return goOn({
        partition,
        after: page.next,
        refreshedCount: refreshedCount + page.refreshedCount,
        isHeld: before.isHeld && page.isHeld,
        unreadableIds: [...unreadableIds, ...page.unreadableIds],
      });
    });
  }

  /** Puts it behind the others, or ends it. False when some of its records could not be compared, or not be stored everywhere. */
  function goOn(comparison: Comparison): boolean {
    const { partition, after, unreadableIds, isHeld } = comparison;
    const keys = comparison.refreshedCount;
    if (after !== undefined) {
      differing.set(partition, comparison);
      return true;
    }
    if (keys > 0 && isHeld)
      log.info("repaired a partition", { partition, keys });
    if (!unreadableIds.includes(ring.memberId()))
      unreadable.forgetNameless({ space: ring.space(), partition });
    // Who could not read all has been told by now which of its records to rebuild.
    const isAlike = unreadableIds.length === 0 && isHeld;
    if (!isAlike) suspected.add(partition);
    return isAlike;
  }

  /** Once everything that is left has failed in turn, it rests; each time longer, until something succeeds. */
  function delayAfter(done: readonly boolean[], left: number): number {
    if (done.includes(true)) {
      failuresInTurn = 0;
      retryMs = retryMsMin;
      return 0;
    }
    failuresInTurn += done.length;
    if (failuresInTurn < left) return 0;
    failuresInTurn = 0;
    const delayMs = retryMs;
    retryMs = Math.min(2 * retryMs, retryMsMax);
    return delayMs;
  }

  function dropForeign(layout: Layout): void {
    const isMine = (partition: number) =>
      partition < layout.table.length &&
      sinceOf(layout, partition, ring.memberId()) !== undefined;
    for (const partition of suspected)
      if (!isMine(partition)) suspected.delete(partition);
    for (const partition of differing.keys())
      if (!isMine(partition)) differing.delete(partition);
  }

  function suspectPartition(partition: number): void {
    const layout = ring.layout();
    enter(layout);
    if (suspected.has(partition)) return;
    suspected.add(partition);
    // What is being compared has its next turn soon enough: a replica whose disk is full misses every refresh too.
    // In a joint layout there is nothing to do yet, and each key that is copied past a member that hangs comes here.
    if (layout.phase === "stable" && !differing.has(partition))
      parts.onSuspected();
  }

  compareGained({ ring, suspect: suspectPartition });

  return {
    suspect(otherId) {
      const layout = ring.layout();
      enter(layout);
      for (const partition of partitionsOf(layout, ring.memberId())) {
        const ids = replicaIdsOf(layout, partition);
        if (otherId === undefined || ids.includes(otherId))
          suspected.add(partition);
      }
      retryMs = retryMsMin;
    },
    suspectPartition,
    needsNewEpoch() {
      const layout = ring.layout();
      return rebuildable(layout).some((each) => !isPastPromises(layout, each));
    },
    async step() {
      const layout = ring.layout();
      enter(layout);
      // While a layout is joint the copy refreshes what changes hands; the comparison follows when it is stable.
      if (layout.phase !== "stable" || !ring.isMember()) return undefined;
      dropForeign(layout);
      const done = [
        ...(await rebuildSome(layout)),
        ...(await compareDigests(layout)),
        ...(await compareSome(layout)),
      ];
      const left =
        firstOf(suspected, layout, Infinity).length +
        firstOf(differing.keys(), layout, Infinity).length +
        rebuildableNow(layout).length;
      return left === 0 ? undefined : delayAfter(done, left);
    },
  };
}
