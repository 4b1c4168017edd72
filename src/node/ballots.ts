/** The ballots of one process: monotone over writes, reads and refreshes, and ahead of every ballot that it has observed. */
import type { Ballot } from "../core/ballot.ts";
import { counterMax, counterMetMax } from "../core/limits.ts";
import { randomId } from "../core/random.ts";
import type { Random } from "../ports.ts";

/** This process's ballots: no two are alike, and no other process has made one of them. */
export interface Ballots {
  /**
   * A ballot of `epoch` that was never handed out and whose counter exceeds every counter observed: by a leap that grows
   * with the tries that were lost already. Whoever was busy meanwhile is ahead of what was observed before the pause, and
   * would be so again at each try.
   */
  next(epoch: number, lostTries?: number): Ballot;
  /**
   * A ballot of an eventual ring, above every ballot met: of epoch 0, its counter beginning at the wall clock `now`
   * (ms since 1970). Of two writes that knew nothing of one another the later one wins, as far as clocks agree.
   */
  stamp(now: number): Ballot;
  /** Takes note of a ballot that a reply names, or whoever asks for an operation. */
  observe(ballot: Ballot): void;
  /**
   * A bound that every ballot handed out from now on, here or by a coordinator that has observed it, exceeds in
   * `epoch` or later. Ballots of other rings count by their counter alone.
   */
  bound(epoch: number): Ballot;
}

/** Ballots a millisecond: a process that makes no more stays at its clock. */
const stampsAMs = 128;
/** The year 2109. A clock beyond it is wrong, and must not drive the counter to where nobody follows it. */
const stampMax = counterMetMax / 4;

/**
 * The fifth try is above 256 changes that another coordinator made in the 80 ms before it, the eleventh above a million:
 * more than a key takes between any two tries. Some 10^9 such leaps are in a ring's counters.
 */
const leapBase = 4;
const leapMax = 2 ** 20;

/** Begins at counter 0: what was promised before a restart is learned from the replies that name it. */
export function createBallots(random: Random): Ballots {
  // Drawn lazily, per process and never stored: after a crash no ballot of the old process can be used again.
  let proposer: string | undefined;
  let counter = 0;

  function next(epoch: number, lostTries = 0): Ballot {
    proposer ??= randomId(random);
    counter += Math.min(leapBase ** lostTries, leapMax);
    if (counter >= counterMax) throw new Error("ballot counter exhausted");
    return { epoch, counter, proposer };
  }

  return {
    next,
    stamp(now) {
      const time = Math.floor(Math.min(now * stampsAMs, stampMax));
      // A clock that stands still, or runs back, changes nothing: the counter goes on from where it was.
      if (time > counter) counter = time;
      return next(0);
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
