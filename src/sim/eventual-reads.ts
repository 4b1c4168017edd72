/** Eventual gets may be stale, but they never make anything up. */
import { byKey, type Operation } from "./history.ts";
import {
  type LogicalOperation,
  logicalOperations,
  revisionOf,
} from "./logical-operation.ts";

/**
 * The eventual gets that were told what nobody can have written: a value that no put carried which may have taken
 * place and had been called by then, or a revision that another put was told. Absent is always right. So is a revision
 * that no put was told: one replica may have accepted what a majority never did, under a ballot that came to nothing.
 */
export function eventualReads(
  operations: readonly Operation[],
): readonly Operation[] {
  return [...byKey(operations).values()].flatMap((ofKey) => {
    const puts = logicalOperations(ofKey).filter(mayHaveWritten);
    const putsOf = Map.groupBy(puts, ({ input }) =>
      input.kind === "put" ? input.value : undefined,
    );
    const writerOf = new Map(puts.map((put) => [revisionOf(put), put]));

    return ofKey.filter(({ input, outcome, return: end = Infinity }) => {
      if (input.kind !== "eventual-get" || outcome.kind !== "value")
        return false;
      const { value, revision } = outcome;
      const writer =
        revision === undefined ? undefined : writerOf.get(revision);
      return !putsOf
        .get(value)
        ?.some((put) => put.call <= end && (writer ?? put) === put);
    });
  });
}

function mayHaveWritten({ input, outcome }: LogicalOperation): boolean {
  return (
    input.kind === "put" &&
    // One attempt may have left its value with a minority, and the next one have found that the condition fails.
    (outcome.kind === "applied" ||
      outcome.kind === "unknown" ||
      outcome.kind === "condition-failed")
  );
}
