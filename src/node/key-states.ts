/** Reading and sending the states of one key in an eventual ring: what its replicas hold, and who takes a newer one. */
import {
  type Ballot,
  ballotZero,
  compareBallots,
  isZero,
} from "../core/ballot.ts";
import type { KeyState } from "../core/eventual.ts";
import { type Layout, memberOf } from "../core/layout.ts";
import { isSomeReached, type Quorum } from "../core/quorum.ts";
import type { Clock } from "../ports.ts";
import type { WalkStep } from "./api.ts";
import type { PeerOutcome } from "./batcher.ts";
import type { Voters } from "./voters.ts";

/** One attempt's questions about a key: the layout they are asked in, and who hears of the replies. */
export interface KeyStates {
  readonly voters: Voters;
  readonly clock: Clock;
  readonly layout: Layout;
  readonly key: string;
  /** Takes note of every ballot that a reply names. */
  readonly observe: (ballot: Ballot) => void;
  /** Called with every reply, and why there was none. */
  readonly onOutcome: (from: string, outcome: PeerOutcome) => void;
  readonly onStep?: ((step: WalkStep) => void) | undefined;
  /** Of the operation; it goes on with every request. */
  readonly traceparent?: string;
  /** The id under which this node is told of later changes of what it reads. */
  readonly watcher?: string;
  /** Who may be silent without spoiling what is gathered; absent: whoever was known to be, and was not called. */
  readonly mayMiss?: (memberId: string) => boolean;
  /** Ends every wait early. */
  readonly signal: AbortSignal;
}

/** What a replica holds; without an entry when it has none, or was asked for the ballot alone. */
export type StateReply = Extract<PeerOutcome, { kind: "state" }>;

/** What was heard before the wait ended. */
export interface Gathered {
  /** By the replica that answered. */
  readonly states: ReadonlyMap<string, StateReply>;
  /** Whether one did not answer that had to (`mayMiss`): it may hold what no other does. */
  readonly isSpoilt: boolean;
}

async function ask(
  of: KeyStates,
  id: string,
  request: Parameters<Voters["ask"]>[2] & WalkRequest,
): Promise<PeerOutcome> {
  const { traceparent } = of;
  const outcome = await of.voters.ask(
    of.layout,
    id,
    traceparent === undefined ? request : { ...request, traceparent },
  );
  if (outcome.kind === "state" || outcome.kind === "held")
    of.observe(outcome.accepted);
  of.onOutcome(id, outcome);
  const member = memberOf(of.layout, id)?.name ?? id;
  of.onStep?.({ member, request: request.kind, outcome: outcome.kind });
  return outcome;
}

type WalkRequest = { readonly kind: "read" | "merge" };

function askState(
  of: KeyStates,
  id: string,
  withEntry: boolean,
): Promise<PeerOutcome> {
  const { key, watcher } = of;
  return ask(of, id, {
    kind: "read",
    area: "key",
    key,
    withEntry,
    ...(watcher !== undefined && { watcher }),
  });
}

/** The first state that any of `ids` answers with: one after another, the next when one failed or took too long. */
export function firstState(
  of: KeyStates,
  ids: readonly string[],
  hedgeDelayMs: number,
): Promise<StateReply | undefined> {
  return new Promise((resolve) => {
    const left = [...ids];
    let openCount = 0;
    let isOver = false;
    let cancel = () => {};

    function finish(reply: StateReply | undefined): void {
      isOver = true;
      cancel();
      of.signal.removeEventListener("abort", onAbort);
      resolve(reply);
    }

    function onAbort(): void {
      finish(undefined);
    }

    function askNext(): void {
      cancel();
      const id = left.shift();
      if (id !== undefined) {
        openCount++;
        cancel = of.clock.timer(hedgeDelayMs, askNext);
        void askState(of, id, true).then(take);
      } else if (openCount === 0) finish(undefined);
    }

    function take(outcome: PeerOutcome): void {
      openCount--;
      if (isOver) return;
      if (outcome.kind === "state") finish(outcome);
      else askNext();
    }

    of.signal.addEventListener("abort", onAbort);
    if (of.signal.aborted) onAbort();
    else askNext();
  });
}

/**
 * Asks all of `ids`, the first of them for its entry too. Without `waitMs` it waits until each has answered or failed;
 * with it, after that time, for no more than one answer.
 */
export function gatherStates(
  of: KeyStates,
  ids: readonly string[],
  waitMs?: number,
): Promise<Gathered> {
  return new Promise((resolve) => {
    const states = new Map<string, StateReply>();
    let openCount = ids.length;
    let isSpoilt = false;
    let isLate = false;

    function finish(): void {
      cancel();
      of.signal.removeEventListener("abort", finish);
      resolve({ states: new Map(states), isSpoilt: isSpoilt || openCount > 0 });
    }

    function finishIfEnough(): void {
      if (openCount === 0 || (isLate && states.size > 0)) finish();
    }

    function take(id: string, outcome: PeerOutcome): void {
      openCount--;
      if (outcome.kind === "state") states.set(id, outcome);
      // What a replica cannot read is lost: nobody waits for it.
      else if (!isUnreadable(outcome) && !isForgiven(of, id, outcome))
        isSpoilt = true;
      finishIfEnough();
    }

    const cancel =
      waitMs === undefined
        ? () => {}
        : of.clock.timer(waitMs, () => {
            isLate = true;
            finishIfEnough();
          });
    of.signal.addEventListener("abort", finish);
    if (of.signal.aborted) finish();
    ids.forEach((id, index) => {
      void askState(of, id, index === 0).then((outcome) => take(id, outcome));
    });
  });
}

function isUnreadable(outcome: PeerOutcome): boolean {
  return outcome.kind === "abstained" && outcome.reason === "unreadable";
}

/** One that was not even called, or took nothing, is known by others not to answer. */
function isForgiven(
  { mayMiss }: KeyStates,
  id: string,
  outcome: PeerOutcome,
): boolean {
  if (outcome.kind !== "unreachable") return false;
  return mayMiss ? mayMiss(id) : !outcome.wasSent;
}

/** The newest state of those that were found, with its entry; absent when none has one, or it cannot be had any more. */
export async function newestState(
  of: KeyStates,
  { states }: Gathered,
): Promise<KeyState | undefined> {
  const found = [...states].filter(([, { accepted }]) => !isZero(accepted));
  found.sort(([, a], [, b]) => compareBallots(b.accepted, a.accepted));
  for (const [id, { accepted, entry }] of found) {
    if (entry) return { ballot: accepted, entry };
    const reply = await askState(of, id, true);
    if (reply.kind === "state" && reply.entry)
      return { ballot: reply.accepted, entry: reply.entry };
  }
  return undefined;
}

/** Whether a replica that answered holds a newer state than this one, which could not be had from it any more. */
export function isPassed(
  { states }: Gathered,
  state: KeyState | undefined,
): boolean {
  const known = state?.ballot ?? ballotZero;
  return [...states.values()].some(
    ({ accepted }) => compareBallots(accepted, known) > 0,
  );
}

/** What became of a state when the wait for it ended. */
export interface Sent {
  /** Whether one of each set holds the state, or a newer one where that counts. */
  readonly isKept: boolean;
  /** Whether somebody may have taken it all the same. */
  readonly mayTakeEffect: boolean;
}

/** A state, whom it goes to, and what counts as kept. */
export interface Sending {
  readonly state: KeyState;
  readonly to: readonly string[];
  readonly quorum: Quorum;
  /** Those that are known to hold it, or a newer one, already. */
  readonly holders: readonly string[];
  /** Whether a replica that holds a newer one counts too: in copies, but not for whoever waits for a write. */
  readonly countsNewer: boolean;
  /** Whether this node is no replica that stays: then those that take the state compare their partition. */
  readonly isOutside: boolean;
  /** Called once all have ended, if one of them has not taken it. */
  readonly onMissed: () => void;
}

/** Resolves as soon as one of each set holds the state, or when no more answers come. The others get it all the same. */
export function sendState(of: KeyStates, sending: Sending): Promise<Sent> {
  const { state, to, quorum, isOutside } = sending;
  const { key } = of;
  return new Promise((resolve) => {
    const holders = [...sending.holders];
    let openCount = to.length;
    let isMissed = false;
    let mayTakeEffect = false;

    function finish(): void {
      of.signal.removeEventListener("abort", finish);
      const isKept = isSomeReached(quorum, holders);
      resolve({ isKept, mayTakeEffect: mayTakeEffect || openCount > 0 });
    }

    function take(id: string, outcome: PeerOutcome): void {
      openCount--;
      const isNewer = outcome.kind === "held";
      if (outcome.kind === "merged" || (isNewer && sending.countsNewer))
        holders.push(id);
      if (outcome.kind !== "merged") isMissed = true;
      mayTakeEffect ||= mayHaveTaken(outcome);
      if (isSomeReached(quorum, holders) || openCount === 0) finish();
      if (openCount === 0 && isMissed) sending.onMissed();
    }

    of.signal.addEventListener("abort", finish);
    if (of.signal.aborted || to.length === 0) return finish();
    for (const id of to)
      void ask(of, id, {
        kind: "merge",
        key,
        ...state,
        ...(isOutside && { outside: true }),
      }).then((outcome) => take(id, outcome));
  });
}

function mayHaveTaken(outcome: PeerOutcome): boolean {
  switch (outcome.kind) {
    case "merged":
      return true;
    case "unreachable":
      return outcome.wasSent;
    case "abstained":
      return outcome.reason === "store-failed";
    default:
      return false;
  }
}
