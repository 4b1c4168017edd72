/**
 * The driver of a membership change: lists the keys of each partition whose replicas change, refreshes them under joint
 * quorums, and gets the stable layout decided. Its progress is stored, so that it goes on after a crash.
 */
import * as v from "valibot";
import { idSchema, pack, parse, wholeSchema } from "../core/codec.ts";
import { changingPartitions, type Layout, replicasOf } from "../core/layout.ts";
import { stableLayout, undoneLayout } from "../core/layout-change.ts";
import {
  fanOutMax,
  pageKeysMax,
  refreshConcurrencyMax,
} from "../core/limits.ts";
import type { Progress } from "../core/message.ts";
import { isReached } from "../core/quorum.ts";
import type { CancelTimer, Clock, Log, Store } from "../ports.ts";
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
  readonly clock: Clock;
  readonly log: Log;
  /** For one key: long enough for a duel, short enough that a blocked partition does not hold up the others. */
  readonly refreshTimeoutMs: number;
  readonly changeStallMsMax: number;
}

/** What the driver of one joint epoch has done: facts that last, and that hold for this epoch of this ring alone. */
interface CopyState {
  readonly ringId: string;
  readonly epoch: number;
  readonly done: readonly number[];
  /** Where the listing of a partition stands. */
  readonly cursors: Readonly<Record<string, string>>;
  readonly keysCopied: number;
}

const copySchema = v.object({
  version: v.literal(1),
  ringId: idSchema,
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
  let isStalled = false;
  /** Runs while nothing moves; by a clock that does not jump. */
  let cancelStall: CancelTimer | undefined;
  /** Partitions that could not go on when they were last tried: they come last. */
  let blocked: readonly number[] = [];

  function setStalling(isStalling: boolean): void {
    if (isStalling && !cancelStall)
      cancelStall = parts.clock.timer(parts.changeStallMsMax, () => {
        isStalled = true;
      });
    if (isStalling) return;
    cancelStall?.();
    cancelStall = undefined;
    isStalled = false;
  }

  function isOf(state: CopyState | undefined, layout: Layout): boolean {
    return state?.ringId === layout.ringId && state.epoch === layout.epoch;
  }

  async function load(layout: Layout, space: number): Promise<CopyState> {
    if (current && isOf(current, layout)) return current;
    setStalling(false);
    const stored = await store.read(copyBucket(space), "state");
    const saved =
      stored.kind === "record" ? parse(copySchema, stored.bytes) : undefined;
    // Progress of another epoch, or of another ring's, says nothing about this one.
    const { ringId, epoch } = layout;
    current =
      saved && isOf(saved, layout)
        ? saved
        : { ringId, epoch, done: [], cursors: {}, keysCopied: 0 };
    return current;
  }

  async function save(state: CopyState, space: number): Promise<void> {
    current = state;
    const write = pack({ version: 1, ...state });
    await store.update(copyBucket(space), "state", () => ({
      write,
      result: 0,
    }));
  }

  /** The first member of the system that lives drives; two drivers at once are harmless. */
  async function isDriver(layout: Layout): Promise<boolean> {
    const rank = layout.system.indexOf(ring.memberId());
    const earlier = rank < 0 ? layout.system : layout.system.slice(0, rank);
    for (const id of earlier) {
      const ping = parts.peers.send(layout, id, { kind: "ping" });
      // One that hangs would hold up each step for a whole call; when it answers again, the next step knows.
      if (parts.peers.suspicion.hasFailed(id)) continue;
      const outcome = await ping;
      if (outcome.kind === "pong" || outcome.kind === "stale") return false;
    }
    return rank >= 0;
  }

  async function copyPages(
    layout: Layout,
    state: CopyState,
    pending: readonly number[],
  ): Promise<CopyState> {
    const isBlocked = new Set(blocked);
    const inTurn = [
      ...pending.filter((partition) => !isBlocked.has(partition)),
      ...blocked.filter((partition) => pending.includes(partition)),
    ];
    const tried = inTurn.slice(0, partitionsAtOnce);
    const pages = await mapLimited(tried, partitionsAtOnce, (partition) =>
      copyPage(parts, layout, partition, state.cursors[partition]),
    );
    const done = [...state.done];
    const cursors = { ...state.cursors };
    let { keysCopied } = state;
    const failed: number[] = [];
    for (const [index, page] of pages.entries()) {
      const partition = tried[index] ?? 0;
      if (!page) {
        failed.push(partition);
        continue;
      }
      keysCopied += page.keyCount;
      delete cursors[partition];
      if (page.next === undefined) done.push(partition);
      else cursors[partition] = page.next;
    }
    blocked = [
      ...inTurn.filter((p) => isBlocked.has(p) && !tried.includes(p)),
      ...failed,
    ];
    return { ...state, done, cursors, keysCopied };
  }

  async function finish(
    layout: Layout,
    state: CopyState,
    isStalled: boolean,
  ): Promise<void> {
    const { next } = layout;
    if (!next) return;
    await parts.spread.run();
    // A member that never came would be one failure less to give: it has to have stored the layout that names it.
    const isNextReady =
      parts.spread.isStoredByMajority(next.system) &&
      next.joining.every(parts.spread.hasStored);
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
        epoch: decided.layout.epoch,
        members: decided.layout.members.map(({ name }) => name),
        partitionsMoved: state.done.length,
        keysCopied: state.keysCopied,
        isStalled,
      });
  }

  return {
    progress() {
      const layout = ring.layout();
      if (!layout.next || !current || !isOf(current, layout)) return undefined;
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
      const space = ring.space();
      if (!(await isDriver(layout))) return retryMs * 4;
      const before = await load(layout, space);
      const isDone = new Set(before.done);
      const pending = changingPartitions(layout).filter((p) => !isDone.has(p));
      const after = await copyPages(layout, before, pending);
      if (ring.layout() !== layout) return undefined;
      const hasProgress =
        after.keysCopied > before.keysCopied ||
        after.done.length > before.done.length;
      setStalling(!hasProgress);
      if (hasProgress) await save(after, space);
      const isComplete = after.done.length >= changingPartitions(layout).length;
      if (isComplete || isStalled) await finish(layout, after, isStalled);
      if (ring.layout() !== layout) return undefined;
      return hasProgress && !isComplete ? 0 : retryMs;
    },
  };
}

interface CopiedPage {
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
    ({ key }) => parts.coordinator.refresh(key, parts.refreshTimeoutMs),
  );
  if (refreshed.includes(undefined)) return undefined;
  const isLast = page.next === undefined;
  if (isLast && !(await passOn(parts, layout, partition, page.collectedAt)))
    return undefined;
  // A refresh that was finished under a later epoch proves nothing about this one.
  if (parts.ring.layout() !== layout) return undefined;
  return {
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
