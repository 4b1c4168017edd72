/** Ballots: the order in which changes of one register are tried (CASPaxos, arXiv 1802.07000, section 2.2). */

/** Totally ordered by epoch, counter, proposer; no wall clock in it. */
export interface Ballot {
  readonly epoch: number;
  /** 0 to 2^52; monotone in a process. */
  readonly counter: number;
  /** 128 random bits of the proposing process, base64url (at most 22 characters of visible ASCII); empty only in a bound such as (epoch, 0, ""). */
  readonly proposer: string;
}

/** Below every ballot that is ever proposed: "nothing accepted", "nothing promised". */
export const ballotZero: Ballot = { epoch: 0, counter: 0, proposer: "" };

/** Negative, zero or positive as `a` is below, the same as, or above `b`. */
export function compareBallots(a: Ballot, b: Ballot): number {
  if (a.epoch !== b.epoch) return a.epoch - b.epoch;
  if (a.counter !== b.counter) return a.counter - b.counter;
  return a.proposer < b.proposer ? -1 : a.proposer > b.proposer ? 1 : 0;
}

/** Whether both are of one attempt: no two proposers make equal ones. */
export function sameBallot(a: Ballot, b: Ballot): boolean {
  return compareBallots(a, b) === 0;
}

/** Whether it is `ballotZero`; of an accepted ballot: whether nothing was accepted. */
export function isZero(ballot: Ballot): boolean {
  return ballot.epoch === 0 && ballot.counter === 0;
}

/** The higher of the two. */
export function maxBallot(a: Ballot, b: Ballot): Ballot {
  return compareBallots(a, b) < 0 ? b : a;
}

/** The least bound of an epoch: above every ballot of earlier epochs, below every ballot of this one. */
export function epochStart(epoch: number): Ballot {
  return { epoch, counter: 0, proposer: "" };
}

/** The text form used in ETags and logs: `epoch-counter-proposer`. */
export function formatBallot(ballot: Ballot): string {
  return `${ballot.epoch}-${ballot.counter}-${ballot.proposer}`;
}

const ballotText = /^(\d{1,16})-(\d{1,16})-([A-Za-z0-9_-]{0,22})$/;

/** The inverse of `formatBallot`; absent when the text is not a ballot. */
export function parseBallot(text: string): Ballot | undefined {
  const match = ballotText.exec(text);
  if (!match) return undefined;
  const epoch = Number(match[1]);
  const counter = Number(match[2]);
  if (!Number.isSafeInteger(epoch) || !Number.isSafeInteger(counter))
    return undefined;
  return { epoch, counter, proposer: match[3] ?? "" };
}
