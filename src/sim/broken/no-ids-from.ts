/** Broken: an id that is not found counts as one that was never there. */
import * as real from "../../core/apply.ts";
import type {
  ApplyContext,
  Decision,
  Operation,
} from "../../core/operation.ts";

/** Every operation seems to have begun after all that its key has forgotten. */
export function applyOperation(
  operation: Operation,
  context: ApplyContext,
): Decision {
  const after = {
    epoch: Number.MAX_SAFE_INTEGER,
    counter: 0,
    proposer: "",
  };
  return real.applyOperation(operation, { ...context, after });
}
