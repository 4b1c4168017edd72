/**
 * The fast read of a register as a step machine: answers when a majority holds the highest accepted ballot that was
 * seen; otherwise re-sends that accept once to those behind, and asks for a refresh when that did not help.
 */
import {
  type Ballot,
  ballotZero,
  compareBallots,
  isZero,
  maxBallot,
  sameBallot,
} from "./ballot.ts";
import type { Entry } from "./entry.ts";
import { isReached, membersOf, type Quorum } from "./quorum.ts";

/** What one read is made with, from its beginning to its end. */
export interface ReadInput {
  readonly quorum: Quorum;
  /** The reader's: an accept of an earlier epoch is not sent again, and the read ends as `undecided`. */
  readonly epoch: number;
  /** Whom to ask first: enough for the quorum. The first is asked for the entry, the others for ballots alone. */
  readonly firstWave: readonly string[];
}

/** A replica's reply, that there is none, or that time has passed; `from` is the member's id. */
export type ReadEvent =
  /** A replica's state. `entry` is absent when there is none, or when only the ballot was asked for. */
  | {
      readonly kind: "state";
      readonly from: string;
      readonly accepted: Ballot;
      readonly entry?: Entry;
    }
  /** The re-sent accept is held by `from`. */
  | { readonly kind: "accepted"; readonly from: string }
  | { readonly kind: "refused"; readonly from: string }
  | { readonly kind: "failed"; readonly from: string }
  /** The first wave takes long: ask the others too, and do without those who hang once a majority has answered. */
  | { readonly kind: "hedge" };

/** How the read ended. `absent`: nothing was ever accepted; a tombstone is `found`. */
export type ReadOutcome =
  | { readonly kind: "found"; readonly entry: Entry }
  | { readonly kind: "absent" }
  /** The highest state seen may or may not be decided: a refresh settles it. */
  | { readonly kind: "undecided" }
  | { readonly kind: "unreachable" };

/** What the reader has to do; `to` are members' ids. */
export type ReadEffect =
  | {
      readonly kind: "send-read";
      readonly to: readonly string[];
      readonly withEntry: boolean;
    }
  | {
      readonly kind: "send-accept";
      readonly to: readonly string[];
      readonly ballot: Ballot;
      readonly entry: Entry;
    }
  | { readonly kind: "end"; readonly outcome: ReadOutcome };

interface ReplicaState {
  readonly from: string;
  readonly accepted: Ballot;
  readonly entry?: Entry;
}

/** A read between two events. Its lists hold members' ids. */
export interface ReadState {
  readonly input: ReadInput;
  readonly phase: "ask" | "resend" | "ended";
  readonly replies: readonly ReplicaState[];
  /** Whose answer is awaited. */
  readonly waiting: readonly string[];
  readonly isHedged: boolean;
  /** The ballot of the accept that was sent again. */
  readonly resent: Ballot;
  readonly asked: readonly string[];
  /** Who was asked for the entry itself because only its ballot was known. */
  readonly fetched: readonly string[];
}

/** The read after an event, and what is to be done now. */
export interface ReadStep {
  readonly state: ReadState;
  readonly effects: readonly ReadEffect[];
}

const noEffects: readonly ReadEffect[] = [];

/** Begins by asking the first wave; when nobody is in it, the read ends as `unreachable`. */
export function beginRead(input: ReadInput): ReadStep {
  const [first, ...others] = input.firstWave;
  const state: ReadState = {
    input,
    phase: "ask",
    replies: [],
    waiting: input.firstWave,
    isHedged: false,
    resent: ballotZero,
    asked: input.firstWave,
    fetched: [],
  };
  if (first === undefined) return end(state, { kind: "unreachable" });
  const effects: ReadEffect[] = [
    { kind: "send-read", to: [first], withEntry: true },
  ];
  if (others.length > 0)
    effects.push({ kind: "send-read", to: others, withEntry: false });
  return { state, effects };
}

/** Takes one reply into account. */
export function stepRead(state: ReadState, event: ReadEvent): ReadStep {
  if (state.phase === "ended") return { state, effects: noEffects };
  if (event.kind === "hedge")
    return state.phase === "ask"
      ? hedge({ ...state, isHedged: true })
      : { state, effects: noEffects };
  const waiting = state.waiting.filter((id) => id !== event.from);
  const next = { ...state, waiting };
  switch (event.kind) {
    case "state":
      return conclude(record(next, event));
    case "accepted":
      // Not the highest that was seen: a late answer may have brought a higher one meanwhile.
      return conclude(record(next, { ...event, accepted: state.resent }));
    case "refused":
    case "failed":
      return conclude(next);
  }
}

/** Replaces what was known of the replica, keeping an entry that is still the accepted one. */
function record(state: ReadState, reply: ReplicaState): ReadState {
  const others = state.replies.filter(({ from }) => from !== reply.from);
  const { from, accepted, entry } = reply;
  return {
    ...state,
    replies: [...others, { from, accepted, ...(entry && { entry }) }],
  };
}

function topOf(state: ReadState): Ballot {
  return state.replies.reduce(
    (top, { accepted }) => maxBallot(top, accepted),
    ballotZero,
  );
}

function conclude(state: ReadState): ReadStep {
  const { quorum, epoch } = state.input;
  const top = topOf(state);
  const holders = state.replies.filter((r) => sameBallot(r.accepted, top));
  const entry = holders.find((r) => r.entry)?.entry;
  const isDecided = isReached(
    quorum,
    holders.map(({ from }) => from),
  );
  if (isDecided && isZero(top)) return end(state, { kind: "absent" });
  if (isDecided && entry) return end(state, { kind: "found", entry });
  if (isDecided) return fetchEntry(state, holders);
  const hasMajority = isReached(
    quorum,
    state.replies.map(({ from }) => from),
  );
  // Answers that differ are settled by those who gave them when the others take long.
  const isPatient = state.phase === "resend" || !state.isHedged || !hasMajority;
  if (state.waiting.length > 0 && isPatient)
    return { state, effects: noEffects };
  if (state.phase === "resend") return end(state, { kind: "undecided" });
  if (state.asked.length < membersOf(quorum).length) return askOthers(state);
  if (!hasMajority) return end(state, { kind: "unreachable" });
  if (top.epoch !== epoch) return end(state, { kind: "undecided" });
  if (!entry) return fetchEntry(state, holders);
  const to = state.replies
    .filter((r) => compareBallots(r.accepted, top) < 0)
    .map(({ from }) => from);
  return {
    state: { ...state, phase: "resend", resent: top, waiting: to },
    effects: [{ kind: "send-accept", to, ballot: top, entry }],
  };
}

function hedge(state: ReadState): ReadStep {
  const step = askOthers(state);
  return step.effects.length > 0 ? step : conclude(state);
}

function askOthers(state: ReadState): ReadStep {
  const to = membersOf(state.input.quorum).filter(
    (id) => !state.asked.includes(id),
  );
  if (to.length === 0) return { state, effects: noEffects };
  return {
    state: {
      ...state,
      asked: [...state.asked, ...to],
      waiting: [...state.waiting, ...to],
    },
    effects: [{ kind: "send-read", to, withEntry: false }],
  };
}

/** The top ballot is known but nobody sent its entry: asks a holder for it, each at most once. */
function fetchEntry(
  state: ReadState,
  holders: readonly ReplicaState[],
): ReadStep {
  if (state.waiting.some((id) => state.fetched.includes(id)))
    return { state, effects: noEffects };
  const holder = holders.find(({ from }) => !state.fetched.includes(from));
  if (!holder)
    return state.waiting.length > 0
      ? { state, effects: noEffects }
      : end(state, { kind: "undecided" });
  return {
    state: {
      ...state,
      fetched: [...state.fetched, holder.from],
      waiting: [...state.waiting, holder.from],
    },
    effects: [{ kind: "send-read", to: [holder.from], withEntry: true }],
  };
}

function end(state: ReadState, outcome: ReadOutcome): ReadStep {
  return {
    state: { ...state, phase: "ended" },
    effects: [{ kind: "end", outcome }],
  };
}
