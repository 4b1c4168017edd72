/** Broken: a key does not know the id of an increment again, so that each attempt counts. */
import * as real from "../../core/apply.ts";
import { formatBallot } from "../../core/ballot.ts";
import type {
  ApplyContext,
  Decision,
  Operation,
} from "../../core/operation.ts";

/** The attempt's ballot becomes a part of an increment's id. */
export function applyOperation(
  operation: Operation,
  context: ApplyContext,
): Decision {
  if (operation.kind !== "increment")
    return real.applyOperation(operation, context);
  const id = `${operation.id} ${formatBallot(context.ballot)}`;
  return real.applyOperation({ ...operation, id }, context);
}
