/** The ballots of one process: monotone over writes, reads and refreshes, and ahead of every ballot it has met. */
import {
  type Ballot,
  ballotZero,
  compareBallots,
  maxBallot,
} from "../core/ballot.ts";
import { counterMax } from "../core/limits.ts";
import { randomId } from "../core/random.ts";
import type { Random } from "../ports.ts";

export interface Ballots {
  /** A ballot of `epoch` that was never handed out and whose counter exceeds every counter met. */
  next(epoch: number): Ballot;
  /** Takes note of a ballot met in a message. */
  observe(ballot: Ballot): void;
  /** The highest ballot handed out or met. */
  highest(): Ballot;
}

export function createBallots(random: Random): Ballots {
  // Drawn lazily, per process and never stored: after a crash no ballot of the old process can be used again.
  let proposer: string | undefined;
  let counter = 0;
  let highest = ballotZero;

  function observe(ballot: Ballot): void {
    if (ballot.counter > counter) counter = ballot.counter;
    if (compareBallots(ballot, highest) > 0) highest = ballot;
  }

  return {
    next(epoch) {
      proposer ??= randomId(random);
      counter += 1;
      if (counter >= counterMax) throw new Error("ballot counter exhausted");
      const ballot = { epoch, counter, proposer };
      highest = maxBallot(highest, ballot);
      return ballot;
    },
    observe,
    highest: () => highest,
  };
}
