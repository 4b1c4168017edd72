/**
 * The driver of a membership change: lists the keys of each partition whose replicas change, refreshes them under joint
 * quorums, and gets the stable layout decided. Its progress is stored, so that it goes on after a crash.
 */
import * as v from "valibot";
import { idSchema, pack, parse, wholeSchema } from "../core/codec.ts";
import {
  canServe,
  changingPartitions,
  isEventual,
  type Layout,
  memberOf,
  quorumOf,
  replicaIdsOf,
} from "../core/layout.ts";
import { stableLayout, undoneLayout } from "../core/layout-change.ts";
import type { Progress } from "../core/message.ts";
import type { Clock, Log, Store } from "../ports.ts";
import { type CopyPageParts, copiedAtOnce, copyPage } from "./copy-page.ts";
import type { Decision } from "./decision.ts";
import { mapLimited } from "./limited.ts";
import { createPatience } from "./patience.ts";
import type { Peers } from "./peers.ts";
import type { Spread } from "./spread.ts";
import { createStall } from "./stall.ts";
import { copyBucket } from "./state.ts";
import { silentIds } from "./suspicion.ts";

/** The membership change under way, as far as this node is the one to drive it. */
export interface Copy {
  /** One bounded step of the change under way; gives milliseconds until the next, absent when there is none. */
  step(): Promise<number | undefined>;
  /** How far this node is as the driver; absent when it drives nothing. */
  progress(): Progress | undefined;
}

/** Beside what copying takes: where progress is stored, and who decides the end and spreads it. */
export interface CopyParts extends Omit<CopyPageParts, "mayMiss"> {
  readonly store: Store;
  readonly peers: Peers;
  readonly decision: Decision;
  readonly spread: Spread;
  readonly clock: Clock;
  readonly log: Log;
  /** A change in which nothing moves for so long is ended: with what has moved, or undone. */
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

const retryMs = 250;

/**
 * How often a step lists partitions as long as it meets no keys: most are empty in a young ring, and what a step has done
 * is flushed once. Few, as an object on Cloudflare's free plan makes 50 calls a tick.
 */
const emptyRoundsMax = 3;

/** Drives as the first member of the system that answers; any other node's step only asks whether one does. */
export function createCopy(parts: CopyParts): Copy {
  const { ring, store, log } = parts;
  let current: CopyState | undefined;
  const stall = createStall(parts.clock, parts.changeStallMsMax);
  const patience = createPatience({
    clock: parts.clock,
    patienceMs: parts.changeStallMsMax / 3,
    suspicion: parts.peers.suspicion,
    answers: (id) => answers(parts, id),
  });
  const pageParts = { ...parts, mayMiss: patience.isOver };
  /** Partitions that could not go on when they were last tried: they come last. */
  let blocked: readonly number[] = [];

  function isOf(state: CopyState | undefined, layout: Layout): boolean {
    return state?.ringId === layout.ringId && state.epoch === layout.epoch;
  }

  async function load(layout: Layout, space: number): Promise<CopyState> {
    if (current && isOf(current, layout)) return current;
    stall.note(true);
    patience.note([]);
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
      // One that hangs would hold up each step for a whole call; whoever probes it lets the next step know.
      if (parts.peers.suspicion.hasFailed(id)) continue;
      const outcome = await parts.peers.send(layout, id, { kind: "ping" });
      if (outcome.kind === "pong" || outcome.kind === "stale") return false;
    }
    return rank >= 0;
  }

  /**
   * The partitions whose keys could be refreshed now. The others would take a time-out each: they would hold up the rest,
   * and the end of a change that cannot move them.
   */
  function movable(
    layout: Layout,
    pending: readonly number[],
  ): readonly number[] {
    const silent = silentIds(layout, parts.peers.suspicion);
    // When one answers again, the next step knows.
    for (const id of silent)
      void parts.peers.send(layout, id, { kind: "ping" });
    if (isEventual(layout)) patience.note(silent);
    const isAwaited = (id: string) =>
      isEventual(layout) && silent.includes(id) && !patience.isOver(id);
    return pending.filter(
      (p) =>
        canServe(layout, quorumOf(layout, p), silent) &&
        !replicaIdsOf(layout, p).some(isAwaited),
    );
  }

  /** Pages of some partitions; of more, as long as what is listed is empty. */
  async function copyRounds(
    layout: Layout,
    before: CopyState,
    pending: readonly number[],
  ): Promise<CopyState> {
    let state = before;
    for (let round = 0; round < emptyRoundsMax; round++) {
      const isDone = new Set(state.done);
      const left = pending.filter((partition) => !isDone.has(partition));
      const after = await copyPages(layout, state, left);
      const isAllEmpty =
        after.keysCopied === before.keysCopied &&
        after.done.length === state.done.length + copiedAtOnce;
      state = after;
      if (!isAllEmpty || ring.layout() !== layout) break;
    }
    return state;
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
    const tried = inTurn.slice(0, copiedAtOnce);
    const pages = await mapLimited(tried, copiedAtOnce, (partition) =>
      copyPage(pageParts, layout, partition, state.cursors[partition]),
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
    if (decided.isDecided)
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
      const after = await copyRounds(layout, before, movable(layout, pending));
      if (ring.layout() !== layout) return undefined;
      const hasProgress = isFurther(after, before);
      stall.note(hasProgress);
      if (hasProgress) await save(after, space);
      const isComplete = after.done.length >= changingPartitions(layout).length;
      if (isComplete || stall.isOver())
        await finish(layout, after, stall.isOver());
      if (ring.layout() !== layout) return undefined;
      return hasProgress && !isComplete ? 0 : retryMs;
    },
  };
}

/** Keys, partitions, or a listing alone: a page may hold nothing but what does not count any more. */
function isFurther(after: CopyState, before: CopyState): boolean {
  return (
    after.keysCopied > before.keysCopied ||
    after.done.length > before.done.length ||
    Object.entries(after.cursors).some(
      ([partition, at]) => before.cursors[partition] !== at,
    )
  );
}

async function answers(
  { ring, peers }: Pick<CopyParts, "ring" | "peers">,
  id: string,
): Promise<boolean> {
  const layout = ring.layout();
  const member = memberOf(layout, id);
  if (!member) return false;
  const outcome = await peers.sendDirectly(
    { layout, member },
    { kind: "ping" },
  );
  return outcome.kind !== "unreachable";
}
