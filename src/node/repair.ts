/** Repair: replicas compare digests of their partitions, then of their keys; what differs is refreshed. */
import { type Ballot, sameBallot } from "../core/ballot.ts";
import { encodeRegister } from "../core/codec.ts";
import { type Layout, partitionsOf, replicaIdsOf } from "../core/layout.ts";
import { pageKeysMax, refreshConcurrencyMax } from "../core/limits.ts";
import type { Log, Store } from "../ports.ts";
import type { Coordinator } from "./coordinator.ts";
import { mapLimited } from "./limited.ts";
import { registerOf } from "./place.ts";
import type { Ring } from "./ring.ts";
import { partitionBucket } from "./state.ts";
import type { Suspicion } from "./suspicion.ts";
import type { Unreadable, UnreadableRecord } from "./unreadable.ts";
import type { Voters } from "./voters.ts";

export interface Repair {
  /** Has the partitions shared with this member compared; all of this node's when none is given. */
  suspect(otherId?: string): void;
  /** Has this partition compared, if the node keeps it. */
  suspectPartition(partition: number): void;
  /** One bounded step; gives milliseconds until the next, absent when nothing is left to compare or to rebuild. */
  step(): Promise<number | undefined>;
}

export interface RepairParts {
  readonly ring: Ring;
  readonly store: Store;
  readonly voters: Voters;
  readonly coordinator: Coordinator;
  readonly unreadable: Unreadable;
  readonly suspicion: Suspicion;
  /** Called when a comparison has become due that no tick was asked for. */
  readonly onSuspected: () => void;
  readonly log: Log;
  readonly operationTimeoutMs: number;
}

const partitionsAStep = 32;
const retryMs = 2_000;

export function createRepair(parts: RepairParts): Repair {
  const { ring, unreadable } = parts;
  /** In the order in which they are tried: what cannot be compared now goes to the end. */
  const pending = new Set<number>();

  /** A member that does not answer is waited for: whoever recovers is suspected again. */
  function isComparable(layout: Layout, partition: number): boolean {
    return replicaIdsOf(layout, partition).every(
      (id) => !parts.suspicion.hasFailed(id),
    );
  }

  async function compareSome(layout: Layout): Promise<boolean> {
    // Another ring, or another layout, may have other partitions.
    const mine = new Set(partitionsOf(layout, ring.memberId()));
    for (const partition of pending)
      if (!mine.has(partition)) pending.delete(partition);
    const some = [...pending]
      .filter((partition) => isComparable(layout, partition))
      .slice(0, partitionsAStep);
    if (some.length === 0) return false;
    const matching = await compareDigests(parts, layout, some);
    let isComplete = true;
    for (const partition of some) {
      const isDone =
        matching.has(partition) ||
        (await refreshDifferences(parts, layout, partition));
      pending.delete(partition);
      if (isDone) continue;
      pending.add(partition);
      isComplete = false;
    }
    return isComplete;
  }

  return {
    suspect(otherId) {
      const layout = ring.layout();
      const shared = partitionsOf(layout, ring.memberId()).filter(
        (partition) =>
          otherId === undefined ||
          replicaIdsOf(layout, partition).includes(otherId),
      );
      for (const partition of shared) pending.add(partition);
    },
    suspectPartition(partition) {
      if (pending.has(partition)) return;
      pending.add(partition);
      parts.onSuspected();
    },
    async step() {
      const layout = ring.layout();
      // While a layout is joint the copy refreshes what changes hands; the comparison follows when it is stable.
      if (layout.phase !== "stable" || !ring.isMember())
        return pending.size > 0 || unreadable.list().length > 0
          ? retryMs
          : undefined;
      let isComplete = true;
      for (const record of unreadable.list())
        if (!(await rebuild(parts, record))) isComplete = false;
      if (pending.size > 0 && !(await compareSome(layout))) isComplete = false;
      if (!isComplete) return retryMs;
      return pending.size > 0 ? 0 : undefined;
    },
  };
}

/** The partitions whose digest is the same at every replica; those with a replica that cannot be asked are left out. */
async function compareDigests(
  { voters, ring }: RepairParts,
  layout: Layout,
  partitions: readonly number[],
): Promise<ReadonlySet<number>> {
  const others = new Set(
    partitions.flatMap((partition) => replicaIdsOf(layout, partition)),
  );
  others.delete(ring.memberId());
  const askedOf = (id: string) =>
    partitions.filter((p) => replicaIdsOf(layout, p).includes(id));
  const seen = new Map<number, string[]>(partitions.map((p) => [p, []]));
  await mapLimited([ring.memberId(), ...others], 6, async (id) => {
    const asked = askedOf(id);
    const reply = await voters.ask(layout, id, {
      kind: "digest",
      partitions: asked,
    });
    asked.forEach((partition, index) => {
      // A replica that cannot be asked differs from all: the partition stays suspect until it answers.
      const digest =
        reply.kind === "digests" ? reply.digests[index] : undefined;
      seen.get(partition)?.push(digest ?? `unanswered by ${id}`);
    });
  });
  return new Set(
    partitions.filter((partition) => new Set(seen.get(partition)).size === 1),
  );
}

/** Refreshes every key that not all replicas hold alike; true once all of them could be heard and refreshed. */
async function refreshDifferences(
  parts: RepairParts,
  layout: Layout,
  partition: number,
): Promise<boolean> {
  const states = await Promise.all(
    replicaIdsOf(layout, partition).map((id) =>
      listAll(parts, layout, partition, id),
    ),
  );
  const heard = states.filter((state) => state !== undefined);
  const keys = new Set(heard.flatMap((state) => [...state.keys()]));
  const differing = [...keys].filter((key) => {
    const ballots = heard.map((state) => state.get(key));
    const first = ballots[0];
    return !ballots.every((b) => b && first && sameBallot(b, first));
  });
  const refreshed = await mapLimited(differing, refreshConcurrencyMax, (key) =>
    parts.coordinator.refresh(key, parts.operationTimeoutMs),
  );
  if (differing.length > 0)
    parts.log.info("repaired a partition", {
      partition,
      keys: differing.length,
    });
  return heard.length === states.length && !refreshed.includes(undefined);
}

async function listAll(
  { voters }: RepairParts,
  layout: Layout,
  partition: number,
  id: string,
): Promise<ReadonlyMap<string, Ballot> | undefined> {
  const found = new Map<string, Ballot>();
  let after: string | undefined;
  do {
    const page = await voters.ask(layout, id, {
      kind: "list",
      partition,
      ...(after !== undefined && { after }),
      limit: pageKeysMax,
    });
    if (page.kind !== "page") return undefined;
    for (const { key, accepted } of page.keys) found.set(key, accepted);
    after = page.next;
  } while (after !== undefined);
  return found;
}

/**
 * Rebuilds a record that failed its checksum. The refresh begins after this replica abstained and is committed by the
 * others alone, since this one's votes do not count; only then is its outcome stored here, and the replica votes again.
 */
async function rebuild(
  {
    ring,
    store,
    coordinator,
    unreadable,
    operationTimeoutMs,
    log,
  }: RepairParts,
  record: UnreadableRecord,
): Promise<boolean> {
  if (record.space !== ring.space()) {
    unreadable.forget(record);
    return true;
  }
  const committed = await coordinator.refresh(record.key, operationTimeoutMs);
  if (!committed) return false;
  const { ballot, entry } = committed;
  const bucket = partitionBucket(record.space, record.partition);
  await ring.gate.shared(() =>
    store.update(bucket, record.key, (stored) =>
      registerOf(stored, 0) === undefined
        ? {
            write: encodeRegister({
              promised: ballot,
              accepted: ballot,
              entry,
            }),
            result: true,
          }
        : { result: false },
    ),
  );
  unreadable.forget(record);
  log.warn("rebuilt an unreadable record from the other replicas", {
    key: record.key,
    partition: record.partition,
  });
  return true;
}
