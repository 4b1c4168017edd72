/** Background work on entries whose time is over: expired values become tombstones, and old tombstones are collected. */
import { sameBallot } from "../core/ballot.ts";
import { isExpired } from "../core/entry.ts";
import {
  type Layout,
  primaryOf,
  replicaIdsOf,
  sinceOf,
} from "../core/layout.ts";
import { pageBytesMax, pageKeysMax } from "../core/limits.ts";
import type { Clock, Store } from "../ports.ts";
import type { Coordinator } from "./coordinator.ts";
import { registerOf } from "./place.ts";
import type { Ring } from "./ring.ts";
import type { Schedule } from "./schedule.ts";
import { partitionBucket } from "./state.ts";
import type { Voters } from "./voters.ts";

export interface Expiry {
  /** Works on partitions that are due, a few a step; gives milliseconds until the next, absent when nothing is due ever. */
  step(): Promise<number | undefined>;
}

export interface ExpiryParts {
  readonly ring: Ring;
  readonly store: Store;
  readonly voters: Voters;
  readonly coordinator: Coordinator;
  readonly schedule: Schedule;
  readonly clock: Clock;
  readonly operationTimeoutMs: number;
  readonly tombstoneMsMin: number;
}

const partitionsAStep = 16;
/** What could not be done now (a replica is away, the layout is joint) is tried again after this time. */
const retryMs = 30_000;

export function createExpiry(parts: ExpiryParts): Expiry {
  const { ring, schedule, clock } = parts;
  return {
    async step() {
      const now = clock.now();
      const layout = ring.layout();
      for (const partition of schedule.takeDue(now, partitionsAStep))
        await sweep(parts, layout, partition, now);
      const next = schedule.nextDueAt();
      return next === undefined ? undefined : Math.max(0, next - clock.now());
    },
  };
}

/** One pass over a partition. The primary works; the others look again later, in case it is gone. */
async function sweep(
  parts: ExpiryParts,
  layout: Layout,
  partition: number,
  now: number,
): Promise<void> {
  const { ring, store, schedule } = parts;
  const memberId = ring.memberId();
  const since = sinceOf(layout, partition, memberId);
  if (since === undefined || ring.layout() !== layout) return;
  const isPrimary = primaryOf(layout, partition) === memberId;
  let after: string | undefined;
  do {
    const page = await store.scan(partitionBucket(ring.space(), partition), {
      ...(after !== undefined && { after }),
      limit: pageKeysMax,
      bytesMax: pageBytesMax,
    });
    for (const { key, stored } of page.records) {
      const register = registerOf(stored, since);
      if (key === undefined || !register?.entry) continue;
      const { entry, accepted } = register;
      const dueAt =
        entry.value === null
          ? Math.max(entry.createdAt, entry.modifiedAt) + parts.tombstoneMsMin
          : entry.expiresAt;
      if (dueAt === undefined) continue;
      if (dueAt > now) {
        schedule.set(partition, dueAt);
        continue;
      }
      if (!isPrimary) schedule.set(partition, now + retryMs);
      else if (isExpired(entry, now)) await expire(parts, partition, key);
      else if (!(await collect(parts, layout, { partition, key, accepted })))
        schedule.set(partition, now + retryMs);
    }
    after = page.next;
  } while (after !== undefined);
}

async function expire(
  { coordinator, schedule, clock, operationTimeoutMs }: ExpiryParts,
  partition: number,
  key: string,
): Promise<void> {
  const read = await coordinator.read(key, operationTimeoutMs);
  if (read.kind === "no-quorum") schedule.set(partition, clock.now() + retryMs);
}

/** Removes a tombstone once all replicas hold exactly it, in one stable epoch; a majority is not enough. */
async function collect(
  { ring, voters }: ExpiryParts,
  layout: Layout,
  {
    partition,
    key,
    accepted,
  }: {
    partition: number;
    key: string;
    accepted: Parameters<typeof sameBallot>[0];
  },
): Promise<boolean> {
  if (layout.phase !== "stable" || ring.layout() !== layout) return false;
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
  if (!isHeldByAll) return false;
  const replies = await Promise.all(
    ids.map((id) => voters.ask(layout, id, { kind: "collect", key, accepted })),
  );
  return replies.every((reply) => reply.kind === "collected" && reply.removed);
}
