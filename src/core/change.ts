/**
 * One attempt at changing a register: the proposer of CASPaxos (arXiv 1802.07000, section 2.2) as a step machine.
 * Events are replies, effects are messages to send; the coordinator runs them and decides about another attempt.
 */

import { applyOperation } from "./apply.ts";
import {
  type Ballot,
  ballotZero,
  compareBallots,
  maxBallot,
} from "./ballot.ts";
import type { Entry } from "./entry.ts";
import type { Answer, Operation } from "./operation.ts";
import { isReachable, isReached, membersOf, type Quorum } from "./quorum.ts";

/** What one attempt is made with, from its beginning to its end; another attempt has a higher ballot. */
export interface ChangeInput {
  readonly quorum: Quorum;
  readonly operation: Operation;
  readonly ballot: Ballot;
  /** Rides on the accept, to be used for a change without a prepare; absent when none is wanted. */
  readonly next?: Ballot;
  /** Present when `ballot` is a sticky one: a majority holds this entry and has promised `ballot`. */
  readonly stickyEntry?: Entry;
  /** The coordinator's wall clock when the attempt began (ms since 1970). */
  readonly now: number;
  /** The start of the epoch: no floor of a replica counts as less. */
  readonly floor: Ballot;
  /** As in `ApplyContext`, and so is `mayRepeat`. */
  readonly after: Ballot;
  readonly mayRepeat: boolean;
}

interface Promise {
  readonly from: string;
  readonly accepted: Ballot;
  readonly entry?: Entry;
  readonly floor: Ballot;
  readonly collectedAt: number;
}

/** Which message a reply answers: a late answer to a prepare is no vote about the accept. */
export type ChangePhase = "prepare" | "accept";

/** A replica's reply, or that there is none; `from` is the member's id. */
export type ChangeEvent =
  | ({ readonly kind: "promised" } & Promise)
  | {
      readonly kind: "accepted";
      readonly from: string;
      readonly sticky: boolean;
    }
  | {
      readonly kind: "refused";
      readonly from: string;
      readonly of: ChangePhase;
      readonly promised: Ballot;
    }
  /** No vote: unreachable, timed out, abstaining, or not a replica at this epoch. */
  | {
      readonly kind: "failed";
      readonly from: string;
      readonly of: ChangePhase;
    };

/** How the attempt ended. Whether there is another one is the coordinator's to decide. */
export type ChangeOutcome =
  /** A majority has accepted. `sticky`: `next` may be used once, without a prepare, while the epoch lasts. */
  | {
      readonly kind: "committed";
      readonly entry: Entry;
      readonly answer: Answer;
      readonly sticky: boolean;
    }
  /** A majority cannot be had at this ballot. `promised` is the highest ballot met; zero when nobody refused. */
  | {
      readonly kind: "lost";
      readonly promised: Ballot;
      /** Whether an accept was sent: then the attempt may have taken effect, or may yet. */
      readonly mayTakeEffect: boolean;
    }
  /** An earlier attempt may have been applied and forgotten: the operation's outcome can never be known. */
  | { readonly kind: "forgotten" };

/** What the coordinator has to do; `to` are members' ids. */
export type ChangeEffect =
  | { readonly kind: "send-prepare"; readonly to: readonly string[] }
  | {
      readonly kind: "send-accept";
      readonly to: readonly string[];
      readonly entry: Entry;
    }
  | { readonly kind: "end"; readonly outcome: ChangeOutcome };

/**
 * An attempt between two events. Its lists hold members' ids; `refused` and `failed` are of the present phase alone.
 */
export interface ChangeState {
  readonly input: ChangeInput;
  readonly phase: ChangePhase | "ended";
  readonly promises: readonly Promise[];
  readonly accepted: readonly string[];
  readonly sticky: readonly string[];
  readonly refused: readonly string[];
  readonly failed: readonly string[];
  readonly highestPromised: Ballot;
  readonly proposal?: { readonly entry: Entry; readonly answer: Answer };
}

/** The attempt after an event, and what is to be done now. */
export interface ChangeStep {
  readonly state: ChangeState;
  readonly effects: readonly ChangeEffect[];
}

const noEffects: readonly ChangeEffect[] = [];

/** Begins the attempt: with a prepare at every replica, or with the accept when the ballot is sticky. */
export function beginChange(input: ChangeInput): ChangeStep {
  const state: ChangeState = {
    input,
    phase: "prepare",
    promises: [],
    accepted: [],
    sticky: [],
    refused: [],
    failed: [],
    highestPromised: ballotZero,
  };
  if (input.stickyEntry)
    return propose(state, {
      current: input.stickyEntry,
      floor: input.floor,
      collectedAt: 0,
    });
  const to = membersOf(input.quorum);
  return { state, effects: [{ kind: "send-prepare", to }] };
}

/** Takes one reply into account. A reply that comes when its phase is over changes nothing. */
export function stepChange(state: ChangeState, event: ChangeEvent): ChangeStep {
  if (phaseOf(event) !== state.phase) return { state, effects: noEffects };
  switch (event.kind) {
    case "promised":
      return afterPromise({ ...state, promises: [...state.promises, event] });
    case "accepted":
      return afterAccepted({
        ...state,
        accepted: [...state.accepted, event.from],
        sticky: event.sticky ? [...state.sticky, event.from] : state.sticky,
      });
    case "refused":
      return afterLoss({
        ...state,
        refused: [...state.refused, event.from],
        highestPromised: maxBallot(state.highestPromised, event.promised),
      });
    case "failed":
      return afterLoss({ ...state, failed: [...state.failed, event.from] });
  }
}

function phaseOf(event: ChangeEvent): ChangePhase {
  if (event.kind === "promised") return "prepare";
  return event.kind === "accepted" ? "accept" : event.of;
}

function afterPromise(state: ChangeState): ChangeStep {
  const { quorum, floor } = state.input;
  if (
    !isReached(
      quorum,
      state.promises.map(({ from }) => from),
    )
  )
    return { state, effects: noEffects };
  const top = state.promises.reduce((best, promise) =>
    compareBallots(promise.accepted, best.accepted) > 0 ? promise : best,
  );
  return propose(state, {
    current: top.entry,
    floor: state.promises.reduce((max, p) => maxBallot(max, p.floor), floor),
    collectedAt: Math.max(...state.promises.map((p) => p.collectedAt)),
  });
}

interface Found {
  readonly current: Entry | undefined;
  readonly floor: Ballot;
  readonly collectedAt: number;
}

function propose(state: ChangeState, found: Found): ChangeStep {
  const { operation, ballot, now, after, mayRepeat, quorum } = state.input;
  const decision = applyOperation(operation, {
    ...found,
    ballot,
    now,
    after,
    mayRepeat,
  });
  if (decision.kind === "forgotten") return end(state, decision);
  // A replica that refused the prepare, or did not answer it, may accept all the same.
  const next: ChangeState = {
    ...state,
    phase: "accept",
    refused: [],
    failed: [],
    proposal: decision,
  };
  const to = membersOf(quorum);
  return {
    state: next,
    effects: [{ kind: "send-accept", to, entry: decision.entry }],
  };
}

function afterAccepted(state: ChangeState): ChangeStep {
  const { proposal, input } = state;
  if (!proposal || !isReached(input.quorum, state.accepted))
    return afterLoss(state);
  return end(state, {
    kind: "committed",
    entry: proposal.entry,
    answer: proposal.answer,
    sticky: isReached(input.quorum, state.sticky),
  });
}

/** Ends the attempt once it cannot be won any more. */
function afterLoss(state: ChangeState): ChangeStep {
  const { quorum } = state.input;
  const gone = [...state.refused, ...state.failed];
  if (isReachable(quorum, gone)) return { state, effects: noEffects };
  const promised = state.highestPromised;
  // Not even a refusal by every replica proves that an accept had no effect: a repetition of it may have come before,
  // and another proposer may have carried its entry on before the refused one arrived. One that only says that the
  // operation is outdated has none, wherever it comes to.
  const mayTakeEffect =
    state.phase === "accept" && state.proposal?.answer.kind !== "outdated";
  return end(state, { kind: "lost", promised, mayTakeEffect });
}

function end(state: ChangeState, outcome: ChangeOutcome): ChangeStep {
  return {
    state: { ...state, phase: "ended" },
    effects: [{ kind: "end", outcome }],
  };
}
