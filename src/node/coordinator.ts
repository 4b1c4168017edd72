/** The coordinator: changes and reads registers through their replicas, attempt by attempt, within a time limit. */
import { type Ballot, compareBallots, epochStart } from "../core/ballot.ts";
import { type Entry, isExpired } from "../core/entry.ts";
import {
  isLastingReplica,
  type Layout,
  partitionOfKey,
  quorumOf,
  replicaIdsOf,
} from "../core/layout.ts";
import type { Address, Provenance } from "../core/message.ts";
import { isClientOperation, type Operation } from "../core/operation.ts";
import { leastWave, membersOf } from "../core/quorum.ts";
import type { Clock, Random } from "../ports.ts";
import type { Timing, WalkStep } from "./api.ts";
import { type Attempt, attemptChange, attemptRead } from "./attempt.ts";
import type { Ballots } from "./ballots.ts";
import { createDeadline, type Deadline } from "./deadline.ts";
import { createKeyQueue } from "./key-queue.ts";
import type { Meter } from "./meter.ts";
import { pauseAfter } from "./pause.ts";
import { nearestFirst } from "./replica-choice.ts";
import type { ChangeResult, ReadResult } from "./results.ts";
import type { Ring } from "./ring.ts";
import { createShortage, type Shortage } from "./shortage.ts";
import type { StickyBallots } from "./sticky-ballots.ts";
import type { Suspicion } from "./suspicion.ts";
import type { Voters } from "./voters.ts";

type Trace = ((step: WalkStep) => void) | undefined;

/** An operation on a key, and what is known of its earlier attempts: of that depends what a coordinator may do. */
export interface ChangeRequest extends Omit<Provenance, "after"> {
  /** Absent when no other attempt of the operation was made or will be: then the coordinator knows best. */
  readonly after?: Ballot;
  readonly key: string;
  readonly operation: Operation;
  /** Whether a node that is no replica may coordinate it: identity changes may come from anyone. */
  readonly asAnyone?: boolean;
  /** The ring that the operation began in, and must end in; the node's own at the call when absent. */
  readonly ringId?: string;
  readonly onStep?: Trace;
  readonly traceparent?: string | undefined;
}

/** How a read is followed; with nothing given, by nobody. */
export interface ReadManner {
  readonly onStep?: Trace;
  readonly traceparent?: string | undefined;
  /** Has the replicas that are asked, a quorum of them, tell this node of later changes for `watchLeaseMs`. */
  readonly isWatching?: boolean | undefined;
}

/** Takes the changes of a key one after another, each over as many attempts as its time allows; reads do not queue. */
export interface Coordinator {
  change(request: ChangeRequest): Promise<ChangeResult>;
  /** The linearizable read; an entry whose time is over is made a tombstone before it is called absent. */
  read(
    key: string,
    timeoutMs: number,
    manner?: ReadManner,
  ): Promise<ReadResult>;
  /**
   * Copy and repair: the identity change. Gives what was accepted, and at which ballot; absent when it could not be done.
   * `mayMiss`: in an eventual ring, who may be silent though it may hold a newer state; absent: whoever is known to be.
   */
  refresh(
    key: string,
    timeoutMs: number,
    mayMiss?: (memberId: string) => boolean,
  ): Promise<{ readonly ballot: Ballot; readonly entry: Entry } | undefined>;
}

/** What the coordinators of both kinds of rings work with. */
export interface CoordinatorParts {
  readonly ring: Ring;
  readonly voters: Voters;
  readonly suspicion: Suspicion;
  readonly ballots: Ballots;
  readonly sticky: StickyBallots;
  readonly clock: Clock;
  readonly random: Random;
  readonly timing: Timing;
  readonly meter: Pick<Meter, "round" | "retried">;
  /** A replica of this partition missed an accept. */
  readonly onMissed: (partition: number) => void;
}

/** That of linearizable rings: CASPaxos (arXiv 1802.07000, section 2.2), with sticky ballots and fast reads. */
export function createCoordinator(parts: CoordinatorParts): Coordinator {
  const { ring, ballots, sticky, clock, random } = parts;
  const queue = createKeyQueue();

  function attemptAt(
    layout: Layout,
    key: string,
    deadline: Deadline,
    { onStep, traceparent }: ReadManner,
    shortage: Shortage,
  ): Attempt {
    const address: Address = { area: "key", key };
    const { voters } = parts;
    const { signal } = deadline;
    const partition = partitionOfKey(layout, key);
    return {
      onMissed: () => parts.onMissed(partition),
      onRound: parts.meter.round,
      isOutside: !isLastingReplica(layout, partition, ring.memberId()),
      voters,
      layout,
      address,
      observe: ballots.observe,
      onStep,
      ...(traceparent !== undefined && { traceparent }),
      onOutcome: shortage.note,
      signal,
    };
  }

  /** A sticky ballot of this key that is still good for this operation. */
  function stickyFor(request: ChangeRequest, layout: Layout) {
    const held = sticky.take(request.key);
    if (!held) return undefined;
    const isGood =
      held.ringId === layout.ringId &&
      held.ballot.epoch === layout.epoch &&
      (request.after === undefined ||
        compareBallots(held.ballot, request.after) > 0);
    return isGood ? held : undefined;
  }

  async function changeInTurn(
    request: ChangeRequest,
    ringId: string,
    deadline: Deadline,
  ): Promise<ChangeResult> {
    const { key, operation } = request;
    const isClients = isClientOperation(operation);
    let { mayRepeat, after } = request;
    // Whether this run may have left an accept behind: then it is finished here, replica or not.
    let hasAccepted = false;
    let shortage = createShortage(ring.memberId());
    for (let tries = 0; !deadline.isOver(); tries++) {
      if (tries > 0) parts.meter.retried("change");
      const layout = ring.layout();
      if (layout.ringId !== ringId) break;
      const partition = partitionOfKey(layout, key);
      const isReplica = replicaIdsOf(layout, partition).includes(
        ring.memberId(),
      );
      if (!isReplica && !request.asAnyone && !hasAccepted)
        return { kind: "not-replica" };
      const held = stickyFor(request, layout);
      const ballot = held?.ballot ?? ballots.next(layout.epoch, tries);
      after ??= justBelow(ballot);
      const next = isClients ? ballots.next(layout.epoch) : undefined;
      const quorum = quorumOf(layout, partition);
      shortage = createShortage(ring.memberId());
      const outcome = await attemptChange(
        attemptAt(layout, key, deadline, request, shortage),
        {
          quorum,
          operation,
          ballot,
          ...(next && { next }),
          ...(held && { stickyEntry: held.entry }),
          now: clock.now(),
          floor: epochStart(layout.epoch),
          after,
          mayRepeat,
        },
      );
      if (outcome.kind === "committed") {
        const { entry, answer } = outcome;
        if (outcome.sticky && next)
          sticky.put(key, { ringId: layout.ringId, ballot: next, entry });
        return { kind: "committed", ballot, entry, answer };
      }
      if (outcome.kind === "forgotten") return outcome;
      if (outcome.mayTakeEffect) {
        mayRepeat = true;
        hasAccepted = true;
      }
      // What nobody waits for, and what may have taken effect, is worth another try.
      if (isClients && !mayRepeat && shortage.isHopeless(quorum)) break;
      await pauseAfter(tries, deadline, random);
    }
    return shortage.end(mayRepeat ? "unknown" : "no-quorum");
  }

  async function change(request: ChangeRequest): Promise<ChangeResult> {
    if (request.after) ballots.observe(request.after);
    // What the node's next ring would answer says nothing about this one.
    const { ringId = ring.layout().ringId } = request;
    const deadline = createDeadline(clock, request.timeoutMs);
    try {
      return await queue.run(request.key, () =>
        changeInTurn(request, ringId, deadline),
      );
    } finally {
      deadline.cancel();
    }
  }

  /** An identity change: nobody's operation, so it needs no id and may be repeated at will. */
  function identity(
    request: Pick<
      ChangeRequest,
      "key" | "timeoutMs" | "ringId" | "onStep" | "traceparent"
    >,
    expire: boolean,
  ): Promise<ChangeResult> {
    return change({
      ...request,
      operation: { kind: "refresh", expire },
      mayRepeat: false,
      asAnyone: true,
    });
  }

  /** Decides what the replicas do not agree on, or whose time is over, by an accepted change. */
  async function settle(
    request: Parameters<typeof identity>[0],
  ): Promise<ReadResult> {
    const result = await identity(request, true);
    if (result.kind === "no-quorum") return result;
    if (result.kind !== "committed") return { kind: "no-quorum" };
    return result.entry.value === null
      ? { kind: "absent" }
      : { kind: "found", entry: result.entry };
  }

  async function readOnce(key: string, deadline: Deadline, manner: ReadManner) {
    const layout = ring.layout();
    const quorum = quorumOf(layout, partitionOfKey(layout, key));
    const shortage = createShortage(ring.memberId());
    const outcome = await attemptRead(
      {
        ...attemptAt(layout, key, deadline, manner, shortage),
        ...(manner.isWatching && { watcher: ring.memberId() }),
      },
      {
        quorum,
        epoch: layout.epoch,
        firstWave: leastWave(quorum, nearestFirst(parts, membersOf(quorum))),
      },
      { clock, delayMs: parts.timing.hedgeDelayMs },
    );
    return { outcome, shortage, isHopeless: shortage.isHopeless(quorum) };
  }

  return {
    change,
    async read(key, timeoutMs, manner = {}) {
      const deadline = createDeadline(clock, timeoutMs);
      const { ringId } = ring.layout();
      const settled = () =>
        settle({
          key,
          timeoutMs: deadline.leftMs(),
          ringId,
          ...manner,
        });
      try {
        let shortage = createShortage(ring.memberId());
        for (let tries = 0; !deadline.isOver(); tries++) {
          if (ring.layout().ringId !== ringId) break;
          if (tries > 0) parts.meter.retried("read");
          const once = await readOnce(key, deadline, manner);
          const { outcome } = once;
          shortage = once.shortage;
          if (outcome.kind === "absent") return outcome;
          if (outcome.kind === "found") {
            const { entry } = outcome;
            if (entry.value === null) return { kind: "absent" };
            // Two clocks may disagree about an entry's time until a tombstone settles it.
            return isExpired(entry, clock.now()) ? settled() : outcome;
          }
          if (once.isHopeless) break;
          await pauseAfter(tries, deadline, random);
          if (outcome.kind === "undecided" && !deadline.isOver())
            return settled();
        }
        return shortage.end("no-quorum");
      } finally {
        deadline.cancel();
      }
    },
    async refresh(key, timeoutMs) {
      const result = await identity({ key, timeoutMs }, false);
      return result.kind === "committed" ? result : undefined;
    },
  };
}

/** The bound that lies directly below the operation's first ballot: all ids that its key may have dropped are older. */
function justBelow({ epoch, counter }: Ballot): Ballot {
  return { epoch, counter: counter - 1, proposer: "~" };
}
