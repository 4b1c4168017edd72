/** Phases: what one process sends at one moment, as a step of an operation does, meets a random subset of the others. */
import type { Prng } from "./prng.ts";

/** What becomes of a message: its answer may be lost though its receiver has done what it says. */
export type Fate = "whole" | "request-lost" | "answer-lost";

/** Asked by the network once for each call, at the moment when it is made. */
export interface Phases {
  /** The fate of a message of the phase that `from` is in. `share` of the phases are partial: the others meet everyone. */
  fateOf(
    message: { readonly from: string; readonly to: string },
    share: number,
  ): Fate;
}

interface Phase {
  readonly atMs: number;
  readonly isPartial: boolean;
  readonly fates: Map<string, Fate>;
}

/**
 * Steps of a protocol that meet random subsets of the replicas find violations that need many messages to be lost
 * together, which losing each by itself seldom does.
 */
export function createPhases(random: Prng, now: () => number): Phases {
  const phases = new Map<string, Phase>();

  function phaseOf(from: string, share: number): Phase {
    const current = phases.get(from);
    if (current?.atMs === now()) return current;
    const phase = {
      atMs: now(),
      isPartial: random.chance(share),
      fates: new Map<string, Fate>(),
    };
    phases.set(from, phase);
    return phase;
  }

  return {
    fateOf({ from, to }, share) {
      if (share === 0) return "whole";
      const { isPartial, fates } = phaseOf(from, share);
      if (!isPartial) return "whole";
      const known = fates.get(to);
      if (known) return known;
      const fate = random.pick([
        "whole",
        "whole",
        "request-lost",
        "answer-lost",
      ] as const);
      fates.set(to, fate);
      return fate;
    },
  };
}
