/** Broken: an id that is not found counts as one that was never there. */
import * as real from "../../core/operation.ts";

export * from "../../core/operation.ts";

export function applyOperation(
  operation: real.Operation,
  context: real.ApplyContext,
): real.Decision {
  const after = {
    epoch: Number.MAX_SAFE_INTEGER,
    counter: 0,
    proposer: "",
  };
  return real.applyOperation(operation, { ...context, after });
}
