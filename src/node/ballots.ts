/** The ballots of one process: monotone over writes, reads and refreshes, and ahead of every ballot it has met. */
import type { Ballot } from "../core/ballot.ts";
import { counterMax, counterMetMax } from "../core/limits.ts";
import { randomId } from "../core/random.ts";
import type { Random } from "../ports.ts";

export interface Ballots {
  /** A ballot of `epoch` that was never handed out and whose counter exceeds every counter met. */
  next(epoch: number): Ballot;
  /** Takes note of a ballot met in a message. */
  observe(ballot: Ballot): void;
  /**
   * A bound that every ballot handed out from now on, here or by a coordinator that has observed it, exceeds in
   * `epoch` or later. Ballots of other rings count by their counter alone.
   */
  bound(epoch: number): Ballot;
}

export function createBallots(random: Random): Ballots {
  // Drawn lazily, per process and never stored: after a crash no ballot of the old process can be used again.
  let proposer: string | undefined;
  let counter = 0;
  return {
    next(epoch) {
      proposer ??= randomId(random);
      counter += 1;
      if (counter >= counterMax) throw new Error("ballot counter exhausted");
      return { epoch, counter, proposer };
    },
    observe(ballot) {
      // Half of what decoders take: nobody's message may push this node's next ballots beyond it.
      if (ballot.counter > counter && ballot.counter < counterMetMax / 2)
        counter = ballot.counter;
    },
    // The next ballot has a higher counter, so the proposer plays no part; every ballot met lies below or at it.
    bound: (epoch) => ({ epoch, counter, proposer: "~" }),
  };
}
