/** Broken: keys are not refreshed, neither by a copy nor by a repair. */
import { ballotZero } from "../../core/ballot.ts";
import { nothingEntry } from "../../core/entry.ts";
import * as real from "../../node/coordinator.ts";

export * from "../../node/coordinator.ts";

/** A refresh asks nobody, and says that it found nothing to be there. */
export function createCoordinator(
  parts: real.CoordinatorParts,
): real.Coordinator {
  const entry = nothingEntry(ballotZero, 0);
  return {
    ...real.createCoordinator(parts),
    refresh: () => Promise.resolve({ ballot: ballotZero, entry }),
  };
}
