/** The entry node's part: finds the key's replicas along the walk, reads from them, and forwards a write at most once a replica. */
import { ballotZero } from "../core/ballot.ts";
import type { Entry } from "../core/entry.ts";
import { isPresent } from "../core/entry.ts";
import {
  isEventual,
  type Layout,
  memberOf,
  partitionOfKey,
  replicaIdsOf,
  walkOf,
} from "../core/layout.ts";
import type { Answer, Operation } from "../core/operation.ts";
import type { Clock, Random } from "../ports.ts";
import type { Timing, Walk } from "./api.ts";
import type { Ballots } from "./ballots.ts";
import type { Bound, ChangeOptions } from "./change-api.ts";
import type { ChangeRequest, Coordinator } from "./coordinator.ts";
import { createDeadline, type Deadline } from "./deadline.ts";
import { forward } from "./forward.ts";
import type { Meter } from "./meter.ts";
import type { Peers } from "./peers.ts";
import { nearestFirst, nextCoordinator } from "./replica-choice.ts";
import type { NoQuorum, ReadResult, Unknown } from "./results.ts";
import type { Ring } from "./ring.ts";
import { createShortage } from "./shortage.ts";
import { createToldBound } from "./told-bound.ts";
import { createToldRevisions } from "./told-revisions.ts";
import type { Voters } from "./voters.ts";

/** How an operation ended for its caller, whoever coordinated it. */
export type OperationResult =
  | {
      readonly kind: "committed";
      readonly answer: Exclude<Answer, { kind: "outdated" }>;
    }
  | NoQuorum
  | Unknown;

type OnWalk = ((walk: Walk) => void) | undefined;

/** How somebody follows an operation on its way. */
export interface Followed {
  readonly onWalk?: OnWalk;
  readonly traceparent?: string | undefined;
}

type Past = Pick<ChangeOptions, "bound" | "isRepetition">;

/** The caller's bound says nothing about the key: no attempt under it was executed, or will be. */
interface Outdated {
  readonly kind: "outdated";
}

/** Operations on any key, begun at this node; one ends in the ring that it began in. */
export interface Operations {
  execute(
    key: string,
    operation: Operation,
    options?: Followed & Past,
  ): Promise<OperationResult | Outdated>;
  /** See `KeyChanges`. */
  bound(): Bound | undefined;
  /** `isWatching`: has the replicas that are asked tell this node of later changes. */
  read(
    key: string,
    options?: Followed & { readonly isWatching?: boolean },
  ): Promise<ReadResult>;
  /** What one replica has, this node if it is one: maybe stale, never invented. */
  readEventually(key: string, options?: Followed): Promise<ReadResult>;
}

/** This node's own coordinator, and the way to those of other members. */
export interface OperationsParts {
  readonly ring: Ring;
  readonly voters: Voters;
  readonly peers: Peers;
  readonly coordinator: Coordinator;
  readonly ballots: Ballots;
  readonly clock: Clock;
  readonly random: Random;
  readonly timing: Timing;
  readonly meter: Pick<Meter, "forwarded">;
}

interface Execution
  extends Past,
    Pick<ChangeRequest, "onStep" | "traceparent"> {
  readonly key: string;
  readonly operation: Operation;
  readonly deadline: Deadline;
}

const joiningPollMs = 20;

/** Remembers what it was told of keys, for better bounds of later operations (docs/decisions/0026). */
export function createOperations(parts: OperationsParts): Operations {
  const { ring, coordinator, ballots, clock, timing } = parts;
  const choice = { ring, suspicion: parts.peers.suspicion };
  const told = createToldRevisions();
  const toldBound = createToldBound(ballots);

  async function executeInTime({
    key,
    operation,
    bound,
    isRepetition = false,
    deadline,
    ...followed
  }: Execution): Promise<OperationResult | Outdated> {
    const { ringId } = ring.layout();
    const isBound = bound?.ringId === ringId;
    if (bound && !isBound && !isRepetition) return { kind: "outdated" };
    // Its coordinators use only higher ballots, so that a forgotten id of its own can be told from older ones. What is
    // repeated without a bound of this ring is looked up, and never done.
    let after = isBound ? bound.ballot : isRepetition ? ballotZero : undefined;
    if (after) ballots.observe(after);
    let mayRepeat = isRepetition;
    let reason: Unknown["reason"];
    const tried = new Set<string>();
    // An operation ends in the ring that it began in: what it would find in another says nothing about this one.
    while (!deadline.isOver() && ring.layout().ringId === ringId) {
      if (isHeldUp(ring, operation)) {
        await deadline.sleep(joiningPollMs);
        continue;
      }
      const layout = ring.layout();
      // The caller has met the next layout already, whose ballots alone are above its bound.
      if (after && after.epoch > layout.epoch) {
        await deadline.sleep(joiningPollMs);
        continue;
      }
      const id = nextCoordinator(choice, layout, key, tried);
      if (id === undefined) {
        tried.clear();
        await deadline.sleep(timing.hedgeDelayMs);
        continue;
      }
      tried.add(id);
      const isHere = id === ring.memberId();
      // A first attempt here needs no bound, which is why there is no second one if it ends without an answer.
      if (!isHere || mayRepeat)
        after ??= told.get(ringId, key) ?? ballots.bound(layout.epoch);
      const request = {
        key,
        operation,
        onStep: followed.onStep,
        traceparent: followed.traceparent,
        mayRepeat,
        timeoutMs: deadline.leftMs(),
      };
      const result =
        isHere || !after
          ? await coordinator.change({ ...request, ...(after && { after }) })
          : await forward(parts, { ...request, after, layout, id });
      switch (result.kind) {
        case "committed": {
          const { answer } = result;
          if (answer.kind === "applied") {
            ballots.observe(answer.revision);
            told.set(ringId, key, answer.revision);
          }
          if (answer.kind !== "outdated") return { kind: "committed", answer };
          // Nothing was executed, by nobody: it begins anew. A message that is still on its way stays outdated.
          ballots.observe(answer.highest);
          told.forget(key);
          // Not here, if the caller may have sent it again: what that has done may be older than a new bound.
          if (isBound) {
            toldBound.renew();
            return { kind: "outdated" };
          }
          after = undefined;
          tried.clear();
          break;
        }
        case "forgotten":
          return { kind: "unknown" };
        case "unknown":
          // A bound that is drawn now says nothing about an attempt that was made without one.
          if (!after && !isEventual(layout)) return result;
          reason = result.reason;
          mayRepeat = true;
          break;
        case "unanswered":
          mayRepeat = true;
          break;
        case "no-quorum":
          // It had its time, and another replica would ask the same ones; but what an earlier attempt did is worth it.
          if (!mayRepeat) return result;
          break;
        case "overloaded":
          // At once, while nothing was sent anywhere: to go on would only add to what waits.
          if (!mayRepeat) return { kind: "no-quorum", reason: "overloaded" };
          break;
        case "not-replica":
        case "not-sent":
          break;
      }
    }
    return mayRepeat
      ? { kind: "unknown", ...(reason && { reason }) }
      : { kind: "no-quorum" };
  }

  const read: Operations["read"] = async (
    key,
    { onWalk, isWatching, traceparent } = {},
  ) => {
    const timeoutMs = timing.operationTimeoutMs;
    if (!onWalk)
      return coordinator.read(key, timeoutMs, { isWatching, traceparent });
    const walk = walkFor(ring.layout(), key);
    const result = await coordinator.read(key, timeoutMs, {
      onStep: (step) => walk.steps.push(step),
      isWatching,
      traceparent,
    });
    onWalk(walk);
    return result;
  };

  return {
    read,
    bound: () => toldBound.get(ring.layout()),
    async execute(key, operation, options = {}) {
      const { onWalk, ...past } = options;
      const deadline = createDeadline(clock, timing.operationTimeoutMs);
      const walk = onWalk && walkFor(ring.layout(), key);
      try {
        return await executeInTime({
          ...past,
          key,
          operation,
          deadline,
          onStep: (step) => walk?.steps.push(step),
        });
      } finally {
        deadline.cancel();
        if (walk) onWalk?.(walk);
      }
    },
    async readEventually(key, { onWalk, traceparent } = {}) {
      const layout = ring.layout();
      // There every read is one.
      if (isEventual(layout)) return read(key, { onWalk, traceparent });
      const walk = onWalk && walkFor(layout, key);
      const shortage = createShortage(ring.memberId());
      const replicas = replicaIdsOf(layout, partitionOfKey(layout, key));
      let result: ReadResult | undefined;
      for (const id of nearestFirst(choice, replicas)) {
        const outcome = await parts.voters.ask(layout, id, {
          kind: "read",
          area: "key",
          key,
          withEntry: true,
          ...(traceparent !== undefined && { traceparent }),
        });
        const member = memberOf(layout, id)?.name ?? id;
        walk?.steps.push({ member, request: "read", outcome: outcome.kind });
        shortage.note(id, outcome);
        if (outcome.kind !== "state") continue;
        result = asRead(outcome.entry, clock.now());
        break;
      }
      if (walk) onWalk?.(walk);
      return result ?? shortage.end("no-quorum");
    },
  };
}

/**
 * While the node is joining another ring its own takes no writes, and until it is a member for good an undo may give it
 * its own ring back, without what was written meanwhile. Writes wait for the ring that comes; only imports go ahead.
 */
function isHeldUp(ring: Ring, { kind }: Operation): boolean {
  const { joining, stay } = ring.state();
  if (joining) return true;
  return (
    kind !== "import" &&
    stay.layout.next?.joining.includes(stay.memberId) === true
  );
}

function asRead(entry: Entry | undefined, now: number): ReadResult {
  return entry && isPresent(entry, now)
    ? { kind: "found", entry }
    : { kind: "absent" };
}

function walkFor(layout: Layout, key: string): Walk {
  const partition = partitionOfKey(layout, key);
  return {
    partition,
    members: walkOf(layout, partition).map(
      (id) => memberOf(layout, id)?.name ?? id,
    ),
    replicaCount: replicaIdsOf(layout, partition).length,
    steps: [],
  };
}
