/** Broken: a copy brings keys to the added replicas alone, as if those that stay had everything. */
import { partitionOfKey, replicasOf } from "../../core/layout.ts";
import * as real from "../../node/coordinator.ts";
import { highestAccepted } from "./highest-accepted.ts";

export * from "../../node/coordinator.ts";

/** In a joint layout a refresh sends what a majority of the old replicas has to those that are new, as an accept. */
export function createCoordinator(
  parts: real.CoordinatorParts,
): real.Coordinator {
  const { ring, voters, ballots } = parts;
  const coordinator = real.createCoordinator(parts);
  return {
    ...coordinator,
    async refresh(key, timeoutMs) {
      const layout = ring.layout();
      if (!layout.next) return coordinator.refresh(key, timeoutMs);
      const partition = partitionOfKey(layout, key);
      const old = replicasOf(layout, partition).map(({ id }) => id);
      const added = replicasOf(layout.next, partition)
        .map(({ id }) => id)
        .filter((id) => !old.includes(id));
      const entry = await highestAccepted(parts, layout, key);
      if (!entry) return undefined;
      const ballot = ballots.next(layout.epoch);
      const replies = await Promise.all(
        added.map((id) =>
          voters.ask(layout, id, {
            kind: "accept",
            area: "key",
            key,
            ballot,
            entry,
          }),
        ),
      );
      const isThere = replies.every(({ kind }) => kind === "accepted");
      return isThere ? { ballot, entry } : undefined;
    },
  };
}
