/** Eventual gets may be stale, but they never make anything up. */
import { byKey, type Operation } from "./history.ts";
import {
  type LogicalOperation,
  logicalOperations,
} from "./logical-operation.ts";

/**
 * The eventual gets that were told what nobody can have written: a value that no put carried which may have taken
 * place and had been called by then, or a revision that was another write's. Absent is always right.
 */
export function eventualReads(
  operations: readonly Operation[],
): readonly Operation[] {
  return [...byKey(operations).values()].flatMap((ofKey) => {
    const puts = Map.groupBy(
      logicalOperations(ofKey).filter(mayHaveWritten),
      ({ input }) => (input.kind === "put" ? input.value : undefined),
    );
    return ofKey.filter(({ input, outcome, ...get }) => {
      if (input.kind !== "eventual-get" || outcome.kind !== "value")
        return false;
      const { value, revision } = outcome;
      return !puts
        .get(value)
        ?.some(
          (put) =>
            put.call <= (get.return ?? Infinity) &&
            mayHaveRevision(put, revision),
        );
    });
  });
}

function mayHaveWritten({ input, outcome }: LogicalOperation): boolean {
  return (
    input.kind === "put" &&
    (outcome.kind === "applied" || outcome.kind === "unknown")
  );
}

function mayHaveRevision(
  { outcome }: LogicalOperation,
  revision: string | undefined,
): boolean {
  return (
    outcome.kind !== "applied" ||
    outcome.revision === undefined ||
    revision === undefined ||
    outcome.revision === revision
  );
}
