/** Eventual rings: a key's states are merged by ballot, the higher wins, and no replica waits for another. */
import { applyOperation } from "./apply.ts";
import {
  type Ballot,
  ballotZero,
  compareBallots,
  epochStart,
  sameBallot,
} from "./ballot.ts";
import type { Entry } from "./entry.ts";
import { counterMax } from "./limits.ts";
import type { Answer, Operation } from "./operation.ts";
import type { Register, RegisterStep } from "./register.ts";

/**
 * What a replica of an eventual ring keeps of a key. Its ballot, of epoch 0, was made for this one entry: states with
 * the same ballot are the same.
 */
export interface KeyState {
  readonly ballot: Ballot;
  readonly entry: Entry;
}

/**
 * The state with the higher ballot; absent is below all. Commutative, associative and idempotent, so that replicas that
 * have seen the same states, in whatever order and however often, hold the same one.
 */
export function mergeStates(
  a: KeyState | undefined,
  b: KeyState | undefined,
): KeyState | undefined {
  if (!a || !b) return a ?? b;
  return compareBallots(a.ballot, b.ballot) < 0 ? b : a;
}

/** What a replica of an eventual ring replies to a state: either way it now holds this one, or one above it. */
export type Merged =
  /** The replica holds exactly this state now. */
  | { readonly kind: "merged" }
  /** It keeps one that is above it. */
  | { readonly kind: "held"; readonly accepted: Ballot };

/**
 * When a replica takes a state: the epoch tells later whether it was in this stay, and the time (ms since 1970, by its
 * own clock) for how long it has held it. The ballot says neither.
 */
export interface Taking {
  readonly epoch: number;
  readonly at: number;
}

/** A replica's part. What it notes of the taking stands where a register of a linearizable ring keeps its promise. */
export function mergeIntoRegister(
  { accepted, entry: heldEntry }: Register,
  state: KeyState,
  { epoch, at }: Taking,
): RegisterStep<Merged> {
  const held = heldEntry && { ballot: accepted, entry: heldEntry };
  const { ballot, entry } = state;
  if (mergeStates(held, state) === state)
    return {
      register: {
        promised: {
          ...epochStart(epoch),
          counter: Math.max(0, Math.floor(at)),
        },
        accepted: ballot,
        entry,
      },
      reply: { kind: "merged" },
    };
  return sameBallot(ballot, accepted)
    ? { reply: { kind: "merged" } }
    : { reply: { kind: "held", accepted } };
}

/** For how long a replica has held what it keeps of a key (whole ms), at this time by its clock. */
export function heldMs({ promised }: Register, now: number): number {
  return Math.max(0, Math.floor(now) - promised.counter);
}

/** What an operation's effect depends on beside the operation: whatever the coordinator could read in time. */
export interface MergeContext {
  /** The newest entry that could be read in time; absent when nobody who answered has one. */
  readonly current: Entry | undefined;
  /** Above the ballots of all states that were read. */
  readonly ballot: Ballot;
  /** The coordinator's wall clock (ms since 1970). */
  readonly now: number;
  /** The newest modification time that those who answered have collected in this partition; 0 when none. */
  readonly collectedAt: number;
  /** Whether an earlier attempt of this operation may have been taken by a replica. */
  readonly mayRepeat: boolean;
  /** Whether it is answered from memory or not at all: its client repeats it, and has no bound that proves anything. */
  readonly mustBeRemembered: boolean;
}

/** What to answer, and what to write for it. */
export type EventualDecision =
  | {
      readonly kind: "decided";
      readonly answer: Answer;
      /** What to send to the replicas; absent when there is nothing to write. */
      readonly written?: Entry;
      /** Whether the newest state that is known was written by this very operation, or by one that came after it. */
      readonly isRemembered: boolean;
    }
  /** An earlier attempt may have been carried out already, and nobody who answered knows of it. */
  | { readonly kind: "forgotten" };

/**
 * What an operation makes of the newest state known. Nothing but what a client asked to be written gets a new ballot: to
 * write an old value anew would let it win over a newer one that could not be read. So a condition that does not hold,
 * and an id that is remembered, write nothing. A delete always writes: what it is to delete may be where nobody answers.
 * A touch has to write anew what it found, and an increment what it made of it, as conditional writes do: best effort.
 */
export function applyEventually(
  operation: Operation,
  context: MergeContext,
): EventualDecision {
  const { current, ballot, now, collectedAt, mayRepeat } = context;
  const decision = applyOperation(operation, {
    current,
    ballot,
    now,
    collectedAt,
    // Nobody is told that an id may have been forgotten: a repetition is known again while it is listed, no longer.
    floor: ballotZero,
    after: idsTop,
    mayRepeat: false,
  });
  if (decision.kind === "forgotten")
    throw new Error("only an operation that may repeat is forgotten");
  const { answer, entry } = decision;
  const decided = (written?: Entry): EventualDecision => ({
    kind: "decided",
    answer,
    ...(written && { written }),
    isRemembered: false,
  });
  // It leaves the very entry that was there.
  if (entry === current) return { kind: "decided", answer, isRemembered: true };
  // A put that is written twice is written; an increment would count twice.
  const isDoubtful = operation.kind === "increment" && mayRepeat;
  if (isDoubtful || context.mustBeRemembered) return { kind: "forgotten" };
  if (answer.kind === "applied" || answer.kind === "touched")
    return decided(entry);
  return operation.kind === "delete" && answer.kind === "unchanged"
    ? decided(tombstoneOver(entry, context))
    : decided();
}

/** The tombstone of a delete that found nothing: as new as the delete. */
function tombstoneOver(
  entry: Entry,
  {
    ballot,
    now,
    collectedAt,
  }: Pick<MergeContext, "ballot" | "now" | "collectedAt">,
): Entry {
  // Above what was collected too, as every write is.
  const at = Math.max(now, entry.modifiedAt || collectedAt);
  const { memory } = entry;
  return {
    value: null,
    revision: ballot,
    createdAt: at,
    modifiedAt: at,
    memory,
  };
}

/** No id that an entry has dropped is above it. */
const idsTop: Ballot = {
  epoch: Number.MAX_SAFE_INTEGER,
  counter: counterMax,
  proposer: "~",
};

/**
 * When a state may be collected, were it held by all (ms since 1970); absent for a value that has no end. An expired
 * value needs no tombstone: it is one, the same at every replica.
 */
export function collectableAt(
  { value, createdAt, modifiedAt, expiresAt }: Entry,
  tombstoneMsMin: number,
): number | undefined {
  const overAt = value === null ? Math.max(createdAt, modifiedAt) : expiresAt;
  return overAt === undefined ? undefined : overAt + tombstoneMsMin;
}
