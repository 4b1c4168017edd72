/** Reading the states of one key in an eventual ring: what its replicas hold. */
import {
  type Ballot,
  ballotZero,
  compareBallots,
  isZero,
  sameBallot,
} from "../core/ballot.ts";
import type { KeyState } from "../core/eventual.ts";
import { type Layout, memberOf } from "../core/layout.ts";
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

/** What one replica replies; whoever follows the operation hears of it. */
export async function askReplica(
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
  return askReplica(of, id, {
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

/** Who is known to hold this very state. */
export function holdersOf(
  { states }: Gathered,
  { ballot }: KeyState,
): readonly string[] {
  return [...states].flatMap(([id, { accepted }]) =>
    sameBallot(accepted, ballot) ? [id] : [],
  );
}

/** The newest modification time that any who answered has collected in the partition (ms since 1970); 0 when none. */
export function collectedAtOf({ states }: Gathered): number {
  let newest = 0;
  for (const { collectedAt = 0 } of states.values())
    newest = Math.max(newest, collectedAt);
  return newest;
}
