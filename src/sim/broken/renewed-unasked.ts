/** Broken: a touch does not ask whether its condition holds. */
import * as real from "../../core/apply.ts";
import type {
  ApplyContext,
  Decision,
  Operation,
} from "../../core/operation.ts";

/** Decides a touch without its conditions. */
export function applyOperation(
  operation: Operation,
  context: ApplyContext,
): Decision {
  if (operation.kind !== "touch")
    return real.applyOperation(operation, context);
  const { conditions: _, ...unconditional } = operation;
  return real.applyOperation(unconditional, context);
}
