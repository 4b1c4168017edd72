/** Broken: an attempt after one whose outcome is unknown has an id of its own, so that it takes place a second time. */
import { randomId } from "../../core/random.ts";
import * as real from "../../node/coordinator.ts";

export * from "../../node/coordinator.ts";

/** Draws a new id for each change that may be a repetition, and calls it a first attempt. */
export function createCoordinator(
  parts: real.CoordinatorParts,
): real.Coordinator {
  const coordinator = real.createCoordinator(parts);
  return {
    ...coordinator,
    change(request) {
      const { operation, mayRepeat } = request;
      if (!mayRepeat || !("id" in operation))
        return coordinator.change(request);
      const id = randomId(parts.random);
      return coordinator.change({
        ...request,
        operation: { ...operation, id },
        mayRepeat: false,
      });
    },
  };
}
