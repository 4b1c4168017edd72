/** Background work on entries whose time is over: expired values become tombstones, and old tombstones are collected. */
import { type Ballot, sameBallot } from "../core/ballot.ts";
import type { Entry } from "../core/entry.ts";
import { collectableAt } from "../core/eventual.ts";
import {
  isEventual,
  type Layout,
  primaryOf,
  replicaIdsOf,
  sinceOf,
} from "../core/layout.ts";
import { pageBytesMax, pageKeysMax } from "../core/limits.ts";
import type { Clock, Store } from "../ports.ts";
import type { PeerOutcome } from "./batcher.ts";
import type { Coordinator } from "./coordinator.ts";
import { mapLimited } from "./limited.ts";
import { registerOf } from "./place.ts";
import type { Ring } from "./ring.ts";
import type { Schedule } from "./schedule.ts";
import { partitionBucket } from "./state.ts";
import type { Unreadable } from "./unreadable.ts";
import type { Voters } from "./voters.ts";

/** Sees to entries that nobody asks for any more, when the schedule says that their partition is due. */
export interface Expiry {
  /** One bounded step over partitions that are due; gives milliseconds until the next, absent when nothing is due ever. */
  step(): Promise<number | undefined>;
}

/** The node's own records, and the votes that settle what becomes of one. */
export interface ExpiryParts {
  readonly ring: Ring;
  readonly store: Store;
  readonly voters: Voters;
  readonly coordinator: Coordinator;
  readonly schedule: Schedule;
  readonly unreadable: Unreadable;
  readonly clock: Clock;
  readonly operationTimeoutMs: number;
  /** A tombstone is kept for so long at least: operations of its time may still be repeated. */
  readonly tombstoneMsMin: number;
}

type CollectParts = Pick<ExpiryParts, "ring" | "voters" | "tombstoneMsMin">;

/** Bounds of a step: a page of each of so many partitions, and so many keys of each at once. */
const partitionsAStep = 16;
const keysAtOnce = 4;
/** What could not be done now (a replica is away, the layout is joint) is tried again after this time. */
const retryMs = 30_000;

/** A step takes a page of each of a few partitions. Where a sweep stands is in memory, for one ring alone. */
export function createExpiry(parts: ExpiryParts): Expiry {
  const { ring, schedule, clock } = parts;
  /** The partitions that are being swept, and behind which name each goes on. */
  const sweeps = new Map<number, string | undefined>();
  let sweptRingId = "";

  return {
    async step() {
      const layout = ring.layout();
      if (layout.ringId !== sweptRingId) sweeps.clear();
      sweptRingId = layout.ringId;
      const countMax = partitionsAStep - sweeps.size;
      for (const partition of schedule.takeDue(clock.now(), countMax))
        if (!sweeps.has(partition)) sweeps.set(partition, undefined);
      await mapLimited(
        [...sweeps],
        partitionsAStep,
        async ([partition, at]) => {
          const next = await sweepPage(parts, layout, partition, at);
          if (next === undefined) sweeps.delete(partition);
          else sweeps.set(partition, next);
        },
      );
      if (sweeps.size > 0) return 0;
      const next = schedule.nextDueAt();
      return next === undefined ? undefined : Math.max(0, next - clock.now());
    },
  };
}

interface DueKey {
  readonly key: string;
  readonly entry: Entry;
  readonly accepted: Ballot;
}

/** Sweeps one page, and gives behind which name to go on; absent at the partition's end, or when it has to wait. */
async function sweepPage(
  parts: ExpiryParts,
  layout: Layout,
  partition: number,
  after: string | undefined,
): Promise<string | undefined> {
  const { ring, store, schedule, unreadable, clock } = parts;
  const memberId = ring.memberId();
  const isHere = partition < layout.table.length;
  const since = isHere ? sinceOf(layout, partition, memberId) : undefined;
  if (since === undefined) return undefined;
  const now = clock.now();
  const page = await store.scan(partitionBucket(ring.space(), partition), {
    ...(after !== undefined && { after }),
    limit: pageKeysMax,
    bytesMax: pageBytesMax,
  });
  const due: DueKey[] = [];
  for (const { key, stored } of page.records) {
    const register = registerOf(stored, since);
    if (!register) unreadable.note({ space: ring.space(), partition, key });
    if (key === undefined || !register?.entry) continue;
    const { entry, accepted } = register;
    const dueAt = dueAtOf(layout, entry, parts.tombstoneMsMin);
    if (dueAt === undefined) continue;
    if (dueAt > now) schedule.set(partition, dueAt);
    else due.push({ key, entry, accepted });
  }
  if (due.length === 0) return page.next;
  // The primary works; the others look again later, in case it is gone.
  const isPrimary = primaryOf(layout, partition) === memberId;
  const end = isPrimary ? await workOff(parts, layout, partition, due) : left;
  if (end !== "done") schedule.set(partition, clock.now() + end.againMs);
  return end !== "done" && end.isBlocked ? undefined : page.next;
}

function dueAtOf(
  layout: Layout,
  entry: Entry,
  tombstoneMsMin: number,
): number | undefined {
  if (isEventual(layout)) return collectableAt(entry, tombstoneMsMin);
  return entry.value === null
    ? Math.max(entry.createdAt, entry.modifiedAt) + tombstoneMsMin
    : entry.expiresAt;
}

/** Some keys have to be looked at again, after this time. */
interface Left {
  readonly againMs: number;
  /** Whether the partition has no majority now, so that nothing was tried further. */
  readonly isBlocked: boolean;
}

const left: Left = { againMs: retryMs, isBlocked: false };

async function workOff(
  { coordinator, operationTimeoutMs, ...parts }: ExpiryParts,
  layout: Layout,
  partition: number,
  due: readonly DueKey[],
): Promise<"done" | Left> {
  let againMs = Infinity;
  let isBlocked = false;
  await mapLimited(due, keysAtOnce, async ({ key, entry, accepted }) => {
    if (isBlocked) return;
    if (entry.value !== null && !isEventual(layout)) {
      const read = await coordinator.read(key, operationTimeoutMs);
      isBlocked ||= read.kind === "no-quorum";
      return;
    }
    const collected = await collect(parts, layout, {
      partition,
      key,
      accepted,
    });
    if (collected !== "done") againMs = Math.min(againMs, collected);
  });
  if (isBlocked) return { againMs: retryMs, isBlocked };
  return againMs === Infinity ? "done" : { againMs, isBlocked };
}

/**
 * Removes a tombstone, or in an eventual ring an expired value, once all replicas hold exactly it, in one stable epoch; a
 * majority is not enough. Gives in how many milliseconds to try again where it could not be.
 */
async function collect(
  { ring, voters, tombstoneMsMin }: CollectParts,
  layout: Layout,
  {
    partition,
    key,
    accepted,
  }: { partition: number; key: string; accepted: Ballot },
): Promise<"done" | number> {
  if (layout.phase !== "stable" || ring.layout() !== layout) return retryMs;
  const ids = replicaIdsOf(layout, partition);
  const states = await Promise.all(
    ids.map((id) =>
      voters.ask(layout, id, {
        kind: "read",
        area: "key",
        key,
        withEntry: false,
      }),
    ),
  );
  const isHeldByAll = states.every(
    (state) => state.kind === "state" && sameBallot(state.accepted, accepted),
  );
  if (!isHeldByAll) return retryMs;
  if (isEventual(layout)) {
    const waitMs = tombstoneMsMin / 2 - leastHeldMs(states);
    if (waitMs > 0) return Math.ceil(waitMs);
  }
  const replies = await Promise.all(
    ids.map((id) => voters.ask(layout, id, { kind: "collect", key, accepted })),
  );
  const isCollected = replies.every(
    (reply) => reply.kind === "collected" && reply.removed,
  );
  return isCollected ? "done" : retryMs;
}

/**
 * How long all of them have held the state. No promise keeps an older state out that is on its way, and a tombstone may
 * be as old as it has to be when the last replica takes it: after a split, or by a wrong clock.
 */
function leastHeldMs(states: readonly PeerOutcome[]): number {
  return Math.min(
    ...states.map((state) =>
      state.kind === "state" ? (state.heldMs ?? 0) : 0,
    ),
  );
}
