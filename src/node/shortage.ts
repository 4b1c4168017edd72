/** Why an operation had too few votes, as far as this node itself is to blame: its disk failed, or its queues are full. */
import { isReachable, type Quorum } from "../core/quorum.ts";
import type { PeerOutcome } from "./batcher.ts";

/** `store-failed`: this node's own vote was missing. `overloaded`: a queue to a member was full. */
export type ShortageReason = "store-failed" | "overloaded";

/** What callers' next step depends on when votes were too few: to wait for others, or to look at this node. */
export interface Shortage {
  /** Takes note of what a replica answered in an attempt. */
  note(from: string, outcome: PeerOutcome): void;
  /** The end of an operation that had no more than this; with the reason, unless the others are to blame. */
  end<Kind extends string>(
    kind: Kind,
  ): { readonly kind: Kind; readonly reason?: ShortageReason };
  /** Whether further attempts would be in vain, or would make it worse. */
  isHopeless(quorum: Quorum): boolean;
}

/** What was noted so far in one attempt. */
export function createShortage(selfId: string): Shortage {
  let reason: ShortageReason | undefined;
  return {
    note(from, outcome) {
      if (outcome.kind === "overloaded") reason = "overloaded";
      const isOwnDisk =
        from === selfId &&
        outcome.kind === "abstained" &&
        outcome.reason === "store-failed";
      if (isOwnDisk) reason ??= "store-failed";
    },
    end: (kind) => ({ kind, ...(reason && { reason }) }),
    isHopeless: (quorum) =>
      reason === "overloaded" ||
      (reason === "store-failed" && !isReachable(quorum, [selfId])),
  };
}
