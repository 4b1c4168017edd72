/** The coordinator of eventual rings: writes what one replica keeps, reads what one replica says, and copies by sending states again. */
import { ballotZero, isZero } from "../core/ballot.ts";
import { isPresent, nothingEntry } from "../core/entry.ts";
import {
  applyEventually,
  type KeyState,
  type MergeContext,
} from "../core/eventual.ts";
import {
  isLastingReplica,
  type Layout,
  partitionOfKey,
  quorumOf,
  replicaIdsOf,
  replicasOf,
} from "../core/layout.ts";
import { isRefusal, type Operation } from "../core/operation.ts";
import { isSomeReached } from "../core/quorum.ts";
import type {
  ChangeRequest,
  Coordinator,
  CoordinatorParts,
  ReadManner,
} from "./coordinator.ts";
import { createDeadline, type Deadline } from "./deadline.ts";
import { createKeyQueue } from "./key-queue.ts";
import {
  collectedAtOf,
  firstState,
  type Gathered,
  gatherStates,
  holdersOf,
  isPassed,
  type KeyStates,
  newestState,
} from "./key-states.ts";
import { pauseAfter } from "./pause.ts";
import { nearestFirst } from "./replica-choice.ts";
import type { ChangeResult, ReadResult } from "./results.ts";
import { sendState } from "./send-state.ts";
import { createShortage, type Shortage } from "./shortage.ts";

/** What one attempt has to know of its key. */
interface Scene extends KeyStates {
  readonly partition: number;
  readonly shortage: Shortage;
}

/** That of eventual rings (docs/decisions/0019): no majority is waited for, and the higher ballot wins. */
export function createEventualCoordinator(
  parts: CoordinatorParts,
): Coordinator {
  const { ring, voters, ballots, clock, random, timing } = parts;
  const queue = createKeyQueue();

  function sceneOf(
    layout: Layout,
    key: string,
    { signal }: Deadline,
    { onStep, isWatching, traceparent }: ReadManner = {},
  ): Scene {
    const shortage = createShortage(ring.memberId());
    return {
      voters,
      clock,
      layout,
      key,
      partition: partitionOfKey(layout, key),
      observe: ballots.observe,
      onOutcome: shortage.note,
      shortage,
      onStep,
      ...(traceparent !== undefined && { traceparent }),
      ...(isWatching && { watcher: ring.memberId() }),
      signal,
    };
  }

  /** Sends a state to those replicas that are not known to hold it. */
  function send(
    scene: Scene,
    state: KeyState,
    {
      holders,
      countsNewer,
    }: { readonly holders: readonly string[]; readonly countsNewer: boolean },
  ) {
    const { layout, partition } = scene;
    return sendState(scene, {
      state,
      to: replicaIdsOf(layout, partition).filter((id) => !holders.includes(id)),
      quorum: quorumOf(layout, partition),
      holders,
      countsNewer,
      isOutside: !isLastingReplica(layout, partition, ring.memberId()),
      onMissed: () => parts.onMissed(partition),
    });
  }

  /** One attempt; `lost` when nobody could be asked, or nobody is known to have taken what was decided. */
  async function attempt(
    scene: Scene,
    operation: Operation,
    past: Pick<MergeContext, "mayRepeat" | "mustBeRemembered">,
  ): Promise<
    | Extract<ChangeResult, { kind: "committed" | "forgotten" }>
    | { readonly kind: "lost"; readonly mayTakeEffect: boolean }
  > {
    const ids = replicaIdsOf(scene.layout, scene.partition);
    const gathered = await gatherStates(
      scene,
      nearestFirst(parts, ids),
      timing.hedgeDelayMs,
    );
    if (gathered.states.size === 0)
      return { kind: "lost", mayTakeEffect: false };
    const current = await newestState(scene, gathered);
    // Nothing is built upon a state that is known to be over: the next attempt asks those who still answer.
    if (isPassed(gathered, current))
      return { kind: "lost", mayTakeEffect: false };
    const now = clock.now();
    const ballot = ballots.stamp(now);
    const decision = applyEventually(operation, {
      current: current?.entry,
      ballot,
      now,
      collectedAt: collectedAtOf(gathered),
      ...past,
    });
    if (decision.kind === "forgotten") return decision;
    const { answer, written, isRemembered } = decision;
    if (!written) {
      // An import gives way for good to what it found.
      const mustBeKept = isRemembered || operation.kind === "import";
      if (current && mustBeKept && !(await isKept(scene, gathered, current)))
        return { kind: "lost", mayTakeEffect: isRemembered };
      const entry = current?.entry ?? nothingEntry(ballotZero, now);
      return { kind: "committed", ballot, entry, answer };
    }
    // Its time was over while it read: nothing was sent, and nothing will be.
    if (scene.signal.aborted) return { kind: "lost", mayTakeEffect: false };
    const sent = await send(
      scene,
      { ballot, entry: written },
      { holders: [], countsNewer: false },
    );
    return sent.isKept
      ? { kind: "committed", ballot, entry: written, answer }
      : { kind: "lost", mayTakeEffect: sent.mayTakeEffect };
  }

  /**
   * Whether what an earlier attempt has written is where it lasts. One replica is enough for that, but not while a change
   * is under way: the one that has it may be about to go, with the key copied before.
   */
  async function isKept(
    scene: Scene,
    gathered: Gathered,
    state: KeyState,
  ): Promise<boolean> {
    const holders = holdersOf(gathered, state);
    if (isSomeReached(quorumOf(scene.layout, scene.partition), holders))
      return true;
    const sent = await send(scene, state, { holders, countsNewer: true });
    return sent.isKept;
  }

  async function changeInTurn(
    request: ChangeRequest,
    ringId: string,
    deadline: Deadline,
  ): Promise<ChangeResult> {
    const { key } = request;
    let mayTakeEffect = request.mayRepeat;
    const { after } = request;
    const mustBeRemembered =
      mayTakeEffect && after !== undefined && isZero(after);
    let shortage = createShortage(ring.memberId());
    let hasSent = false;
    for (let tries = 0; !deadline.isOver(); tries++) {
      if (tries > 0) parts.meter.retried("change");
      const layout = ring.layout();
      if (layout.ringId !== ringId) break;
      const scene = sceneOf(layout, key, deadline, request);
      const ids = replicaIdsOf(layout, scene.partition);
      if (!ids.includes(ring.memberId()) && !hasSent)
        return { kind: "not-replica" };
      shortage = scene.shortage;
      const outcome = await attempt(scene, request.operation, {
        mayRepeat: mayTakeEffect,
        mustBeRemembered,
      });
      if (outcome.kind === "forgotten") return outcome;
      if (outcome.kind === "committed")
        // What failed now may have held before: then an earlier attempt has written, and nobody who answered knows it.
        return mayTakeEffect && isRefusal(outcome.answer)
          ? { kind: "forgotten" }
          : outcome;
      hasSent ||= outcome.mayTakeEffect;
      mayTakeEffect ||= hasSent;
      if (shortage.isHopeless([ids])) break;
      await pauseAfter(tries, deadline, random);
    }
    return shortage.end(mayTakeEffect ? "unknown" : "no-quorum");
  }

  async function readInTime(
    key: string,
    deadline: Deadline,
    manner?: ReadManner,
  ): Promise<ReadResult> {
    const { ringId } = ring.layout();
    let shortage = createShortage(ring.memberId());
    for (let tries = 0; !deadline.isOver(); tries++) {
      if (tries > 0) parts.meter.retried("read");
      const layout = ring.layout();
      if (layout.ringId !== ringId) break;
      const scene = sceneOf(layout, key, deadline, manner);
      shortage = scene.shortage;
      // Of a layout in transition the old side: the others may not have got the key yet.
      const ids = replicasOf(layout, scene.partition).map(({ id }) => id);
      const state = await firstState(
        scene,
        nearestFirst(parts, ids),
        timing.hedgeDelayMs,
      );
      if (state) {
        const { entry } = state;
        return entry && isPresent(entry, clock.now())
          ? { kind: "found", entry }
          : { kind: "absent" };
      }
      if (shortage.isHopeless([ids])) break;
      await pauseAfter(tries, deadline, random);
    }
    return shortage.end("no-quorum");
  }

  /**
   * Gives every replica the newest state that any of them holds. It fails when one did not answer that had to, as that
   * one may hold a newer one.
   */
  async function refreshOnce(
    key: string,
    deadline: Deadline,
    mayMiss?: (memberId: string) => boolean,
  ): Promise<KeyState | undefined> {
    const scene = {
      ...sceneOf(ring.layout(), key, deadline),
      ...(mayMiss && { mayMiss }),
    };
    const ids = nearestFirst(
      parts,
      replicaIdsOf(scene.layout, scene.partition),
    );
    const gathered = await gatherStates(scene, ids);
    if (gathered.isSpoilt) return undefined;
    const state = await newestState(scene, gathered);
    if (!state || scene.signal.aborted) return undefined;
    if (isPassed(gathered, state)) return undefined;
    const holders = holdersOf(gathered, state);
    const sent = await send(scene, state, { holders, countsNewer: true });
    return sent.isKept ? state : undefined;
  }

  async function inTime<T>(
    timeoutMs: number,
    work: (deadline: Deadline) => Promise<T>,
  ): Promise<T> {
    const deadline = createDeadline(clock, timeoutMs);
    try {
      return await work(deadline);
    } finally {
      deadline.cancel();
    }
  }

  return {
    change(request) {
      if (request.after) ballots.observe(request.after);
      const { ringId = ring.layout().ringId } = request;
      return inTime(request.timeoutMs, (deadline) =>
        queue.run(request.key, () => changeInTurn(request, ringId, deadline)),
      );
    },
    read: (key, timeoutMs, manner) =>
      inTime(timeoutMs, (deadline) => readInTime(key, deadline, manner)),
    refresh: (key, timeoutMs, mayMiss) =>
      inTime(timeoutMs, (deadline) => refreshOnce(key, deadline, mayMiss)),
  };
}
