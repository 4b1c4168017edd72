/** The acceptor of one register: what a replica promises and accepts (CASPaxos, arXiv 1802.07000, section 2.2). */
import {
  type Ballot,
  ballotZero,
  compareBallots,
  maxBallot,
  sameBallot,
} from "./ballot.ts";
import type { Entry } from "./entry.ts";

/** What a replica keeps of one key; it is stored before the replica answers by it. */
export interface Register {
  /** No ballot below it is prepared or accepted any more. */
  readonly promised: Ballot;
  /** The ballot of `entry`; `ballotZero` when nothing was accepted. */
  readonly accepted: Ballot;
  readonly entry?: Entry;
}

/** That of a key of which there is no record. */
export const registerEmpty: Register = {
  promised: ballotZero,
  accepted: ballotZero,
};

/** The vote for a prepare: with it the proposer learns what it has to carry on. */
export interface Promised {
  readonly kind: "promised";
  readonly accepted: Ballot;
  readonly entry?: Entry;
}
/** No vote, now or later at this ballot: a higher one, or for a prepare the same, came first. */
export interface Refused {
  readonly kind: "refused";
  /** The ballot that a proposer has to exceed. */
  readonly promised: Ballot;
}
/** The vote for an accept: with those of a quorum the entry is committed. */
export interface Accepted {
  readonly kind: "accepted";
  /** Whether exactly this accept is held and the next ballot that rode on it is promised. */
  readonly sticky: boolean;
}

/** A step's answer, and the register to store durably before it is sent; absent `register` means nothing changed. */
export interface RegisterStep<Reply> {
  readonly register?: Register;
  readonly reply: Reply;
}

/** Promises to take nothing below `ballot`, unless as much is promised already. `floor` counts as promised. */
export function prepare(
  register: Register,
  ballot: Ballot,
  floor: Ballot,
): RegisterStep<Promised | Refused> {
  const promised = maxBallot(register.promised, floor);
  if (compareBallots(ballot, promised) <= 0)
    return { reply: { kind: "refused", promised } };
  return {
    register: { ...register, promised: ballot },
    reply: {
      kind: "promised",
      accepted: register.accepted,
      ...(register.entry && { entry: register.entry }),
    },
  };
}

/** What a proposer asks a replica to hold. */
export interface Proposal {
  readonly ballot: Ballot;
  readonly entry: Entry;
  /** The coordinator's next ballot, to be promised in the same write. */
  readonly next?: Ballot;
}

/**
 * Accepts the proposal unless a higher ballot is promised. Repeating an accept that is held changes nothing and is
 * acknowledged again; it counts for `next` only if exactly that is what is promised.
 */
export function accept(
  register: Register,
  proposal: Proposal,
  floor: Ballot,
): RegisterStep<Accepted | Refused> {
  const { ballot, entry, next } = proposal;
  const promised = maxBallot(register.promised, floor);
  if (sameBallot(register.accepted, ballot)) {
    // A read may have re-sent this accept without `next` before the original came: raising the promise now is as good
    // as a prepare of `next` that finds this very accept.
    if (next !== undefined && compareBallots(next, promised) > 0)
      return {
        register: { ...register, promised: next },
        reply: { kind: "accepted", sticky: true },
      };
    const sticky = next !== undefined && sameBallot(promised, next);
    return { reply: { kind: "accepted", sticky } };
  }
  if (compareBallots(ballot, promised) < 0)
    return { reply: { kind: "refused", promised } };
  // A coordinator's next ballot is above this one; should it not be, the promise stays above what was accepted.
  const held = maxBallot(ballot, next ?? ballot);
  return {
    register: { promised: held, accepted: ballot, entry },
    reply: {
      kind: "accepted",
      sticky: next !== undefined && sameBallot(held, next),
    },
  };
}

/**
 * The register as a replica of this stay may see it: states accepted below `since`, the epoch from which the member has
 * been a replica without a gap, are of an earlier stay and count as absent.
 */
export function visible(register: Register, since: number): Register {
  return takenIn(register) < since && register.entry
    ? { promised: register.promised, accepted: ballotZero }
    : register;
}

/**
 * The epoch that an accepted state belongs to: its ballot's. Those of eventual rings have none; there it is the epoch in
 * which this replica took the state.
 */
export function takenIn({ accepted, promised }: Register): number {
  return accepted.epoch === 0 ? promised.epoch : accepted.epoch;
}
