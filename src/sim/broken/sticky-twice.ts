/** Broken: a sticky ballot stays where it is when it is used. */
import type * as real from "../../node/sticky-ballots.ts";

export * from "../../node/sticky-ballots.ts";

/** Keeps the first ballot of each key for good, and gives it every time. */
export function createStickyBallots(): real.StickyBallots {
  const ballots = new Map<string, real.StickyBallot>();
  return {
    take: (key) => ballots.get(key),
    met() {},
    put(key, sticky) {
      if (!ballots.has(key)) ballots.set(key, sticky);
    },
  };
}
