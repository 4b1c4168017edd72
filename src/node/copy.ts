/**
 * The driver of a membership change: lists the keys of each partition whose replicas change, refreshes them under joint
 * quorums, and gets the stable layout decided. Its progress is stored, so that it goes on after a crash.
 */
import * as v from "valibot";
import { pack, parse, wholeSchema } from "../core/codec.ts";
import { changingPartitions, type Layout, replicasOf } from "../core/layout.ts";
import { stableLayout, undoneLayout } from "../core/layout-change.ts";
import {
  fanOutMax,
  pageKeysMax,
  refreshConcurrencyMax,
} from "../core/limits.ts";
import type { Progress } from "../core/message.ts";
import { isReached } from "../core/quorum.ts";
import type { Log, Store } from "../ports.ts";
import type { Coordinator } from "./coordinator.ts";
import type { Decision } from "./decision.ts";
import { mapLimited } from "./limited.ts";
import { listPartition } from "./listing.ts";
import type { Peers } from "./peers.ts";
import type { Ring } from "./ring.ts";
import type { Spread } from "./spread.ts";
import { copyBucket } from "./state.ts";
import type { Voters } from "./voters.ts";

export interface Copy {
  /** One bounded step of the change under way; gives milliseconds until the next, absent when there is none. */
  step(): Promise<number | undefined>;
  /** How far this node is as the driver; absent when it drives nothing. */
  progress(): Progress | undefined;
}

export interface CopyParts {
  readonly ring: Ring;
  readonly store: Store;
  readonly voters: Voters;
  readonly peers: Peers;
  readonly coordinator: Coordinator;
  readonly decision: Decision;
  readonly spread: Spread;
  readonly log: Log;
  readonly operationTimeoutMs: number;
  readonly changeStallMsMax: number;
}

/** What the driver of one joint epoch has done: facts that last, and that hold for this epoch alone. */
interface CopyState {
  readonly epoch: number;
  readonly done: readonly number[];
  /** Where the listing of a partition stands. */
  readonly cursors: Readonly<Record<string, string>>;
  readonly keysCopied: number;
}

const copySchema = v.object({
  version: v.literal(1),
  epoch: wholeSchema,
  done: v.array(wholeSchema),
  cursors: v.record(v.string(), v.string()),
  keysCopied: wholeSchema,
});

/** Pages of this many partitions are under way at once. */
const partitionsAtOnce = 8;
const retryMs = 250;

export function createCopy(parts: CopyParts): Copy {
  const { ring, store, log } = parts;
  let current: CopyState | undefined;
  let stalledMs = 0;

  async function load(layout: Layout): Promise<CopyState> {
    if (current?.epoch === layout.epoch) return current;
    stalledMs = 0;
    const stored = await store.read(copyBucket(ring.space()), "state");
    const saved =
      stored.kind === "record" ? parse(copySchema, stored.bytes) : undefined;
    // Progress of another epoch says nothing about this one.
    current =
      saved?.epoch === layout.epoch
        ? saved
        : { epoch: layout.epoch, done: [], cursors: {}, keysCopied: 0 };
    return current;
  }

  async function save(state: CopyState): Promise<void> {
    current = state;
    const write = pack({ version: 1, ...state });
    await store.update(copyBucket(ring.space()), "state", () => ({
      write,
      result: 0,
    }));
  }

  /** The first member of the system that lives drives; two drivers at once are harmless. */
  async function isDriver(layout: Layout): Promise<boolean> {
    const rank = layout.system.indexOf(ring.memberId());
    const earlier = rank < 0 ? layout.system : layout.system.slice(0, rank);
    for (const id of earlier) {
      const outcome = await parts.peers.send(layout, id, { kind: "ping" });
      if (outcome.kind === "pong" || outcome.kind === "stale") return false;
    }
    return rank >= 0;
  }

  async function copyPages(
    layout: Layout,
    state: CopyState,
    pending: readonly number[],
  ): Promise<CopyState> {
    const pages = await mapLimited(
      pending.slice(0, partitionsAtOnce),
      partitionsAtOnce,
      (partition) =>
        copyPage(parts, layout, partition, state.cursors[partition]),
    );
    const done = [...state.done];
    const cursors = { ...state.cursors };
    let { keysCopied } = state;
    for (const page of pages) {
      if (!page) continue;
      keysCopied += page.keyCount;
      if (page.next === undefined) {
        done.push(page.partition);
        delete cursors[page.partition];
      } else cursors[page.partition] = page.next;
    }
    return { epoch: state.epoch, done, cursors, keysCopied };
  }

  /** Tries the partitions in turn, so that one that is blocked does not hold up the others. */
  function inTurn(pending: readonly number[]): readonly number[] {
    const from =
      pending.length === 0
        ? 0
        : Math.floor(stalledMs / retryMs) % pending.length;
    return [...pending.slice(from), ...pending.slice(0, from)];
  }

  async function finish(
    layout: Layout,
    state: CopyState,
    isStalled: boolean,
  ): Promise<void> {
    const { next } = layout;
    if (!next) return;
    await parts.spread.run();
    const isNextReady = parts.spread.isStoredByMajority(next.system);
    const hasMoved =
      state.done.length > 0 || changingPartitions(layout).length === 0;
    if (!isNextReady && !isStalled) return;
    const done = new Set(state.done);
    const proposal =
      isNextReady && hasMoved
        ? stableLayout(layout, (partition) => done.has(partition))
        : undoneLayout(layout);
    const decided = await parts.decision.decide(layout, proposal);
    if (decided)
      log.info("membership change finished", {
        epoch: decided.epoch,
        members: decided.members.map(({ name }) => name),
        partitionsMoved: state.done.length,
        keysCopied: state.keysCopied,
        isStalled,
      });
  }

  return {
    progress() {
      const layout = ring.layout();
      if (!layout.next || current?.epoch !== layout.epoch) return undefined;
      return {
        epoch: layout.epoch,
        partitionsDone: current.done.length,
        partitionsTotal: changingPartitions(layout).length,
        keysCopied: current.keysCopied,
      };
    },
    async step() {
      const layout = ring.layout();
      if (!layout.next || !ring.isMember()) return undefined;
      if (!(await isDriver(layout))) return retryMs * 4;
      const before = await load(layout);
      const isDone = new Set(before.done);
      const pending = changingPartitions(layout).filter((p) => !isDone.has(p));
      const after = await copyPages(layout, before, inTurn(pending));
      const hasProgress =
        after.keysCopied > before.keysCopied ||
        after.done.length > before.done.length;
      if (hasProgress) {
        stalledMs = 0;
        await save(after);
      } else stalledMs += retryMs;
      const isStalled = stalledMs >= parts.changeStallMsMax;
      const isComplete = after.done.length >= changingPartitions(layout).length;
      if (isComplete || isStalled) await finish(layout, after, isStalled);
      if (ring.layout() !== layout) return undefined;
      return hasProgress && !isComplete ? 0 : retryMs;
    },
  };
}

interface CopiedPage {
  readonly partition: number;
  readonly keyCount: number;
  readonly next?: string;
}

/**
 * Lists one page from a majority of the old replicas at the joint epoch, whose answering is the seal, and refreshes its
 * keys under joint quorums. Absent when either could not be had: the page is tried again.
 */
async function copyPage(
  parts: CopyParts,
  layout: Layout,
  partition: number,
  after: string | undefined,
): Promise<CopiedPage | undefined> {
  const old = replicasOf(layout, partition).map(({ id }) => id);
  const page = await listPartition(parts.voters, {
    layout,
    partition,
    quorum: [old],
    after,
    limit: pageKeysMax,
  });
  if (!page) return undefined;
  const refreshed = await mapLimited(
    page.keys,
    Math.max(fanOutMax, refreshConcurrencyMax / partitionsAtOnce),
    ({ key }) => parts.coordinator.refresh(key, parts.operationTimeoutMs),
  );
  if (refreshed.includes(undefined)) return undefined;
  const isLast = page.next === undefined;
  if (isLast && !(await passOn(parts, layout, partition, page.collectedAt)))
    return undefined;
  // A refresh that was finished under a later epoch proves nothing about this one.
  if (parts.ring.layout() !== layout) return undefined;
  return {
    partition,
    keyCount: page.keys.length,
    ...(page.next !== undefined && { next: page.next }),
  };
}

/** Has a majority of the new replicas remember what the old ones have collected; false when it cannot be had. */
async function passOn(
  { voters }: CopyParts,
  layout: Layout,
  partition: number,
  collectedAt: number,
): Promise<boolean> {
  if (collectedAt === 0 || !layout.next) return true;
  const ids = replicasOf(layout.next, partition).map(({ id }) => id);
  const replies = await Promise.all(
    ids.map((id) =>
      voters.ask(layout, id, { kind: "inherit", partition, collectedAt }),
    ),
  );
  const told = ids.filter((_, index) => replies[index]?.kind === "inherited");
  return isReached([ids], told);
}
