/** Broken: a copy reads each key and sends what it found as an accept, without a prepare in between. */
import { ballotZero, epochStart } from "../../core/ballot.ts";
import { partitionOfKey, quorumOf } from "../../core/layout.ts";
import { attemptChange } from "../../node/attempt.ts";
import * as real from "../../node/coordinator.ts";
import { createDeadline } from "../../node/deadline.ts";
import { highestAccepted } from "./highest-accepted.ts";

export * from "../../node/coordinator.ts";

/** A refresh goes straight to its accept, by a ballot that nobody promised it. */
export function createCoordinator(
  parts: real.CoordinatorParts,
): real.Coordinator {
  const { ring, voters, ballots, clock } = parts;
  return {
    ...real.createCoordinator(parts),
    async refresh(key, timeoutMs) {
      const layout = ring.layout();
      const quorum = quorumOf(layout, partitionOfKey(layout, key));
      const entry = await highestAccepted(parts, layout, key);
      if (!entry) return undefined;
      const deadline = createDeadline(clock, timeoutMs);
      const ballot = ballots.next(layout.epoch);
      const outcome = await attemptChange(
        {
          voters,
          layout,
          address: { area: "key", key },
          observe: ballots.observe,
          signal: deadline.signal,
        },
        {
          quorum,
          operation: { kind: "refresh", expire: false },
          ballot,
          stickyEntry: entry,
          now: clock.now(),
          floor: epochStart(layout.epoch),
          after: ballotZero,
          mayRepeat: false,
        },
      );
      deadline.cancel();
      return outcome.kind === "committed" ? { ballot, entry } : undefined;
    },
  };
}
