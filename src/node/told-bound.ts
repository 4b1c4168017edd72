/** The bound that callers are told: the same for a while, so that a ballot which was promised ahead is above it more often than not. */
import { isEventual, type Layout } from "../core/layout.ts";
import type { Ballots } from "./ballots.ts";
import type { Bound } from "./change-api.ts";

/** What `KeyChanges.bound` answers (docs/decisions/0026). */
export interface ToldBound {
  /** Absent in an eventual ring: nothing is forgotten there that anybody would know of. */
  get(layout: Layout): Bound | undefined;
  /** The next one is above every ballot met. */
  renew(): void;
}

/** Ballots made or met before another bound is told: half of those that it takes a key to forget an operation. */
const ballotsEach = 16;

/** One for all callers: of the same ring and epoch most are told the same. */
export function createToldBound(ballots: Ballots): ToldBound {
  let told: Bound | undefined;
  return {
    get(layout) {
      if (isEventual(layout)) return undefined;
      const { ringId, epoch } = layout;
      const ballot = ballots.bound(epoch);
      const isGood =
        told?.ringId === ringId &&
        told.ballot.epoch === epoch &&
        ballot.counter - told.ballot.counter < ballotsEach;
      if (!told || !isGood) told = { ringId, ballot };
      return told;
    },
    renew() {
      told = undefined;
    },
  };
}
