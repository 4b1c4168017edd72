/** Eventual gets may be stale, but they never make anything up. */
import { byKey, givesRevision, type Operation } from "./history.ts";
import {
  type LogicalOperation,
  logicalOperations,
  revisionOf,
} from "./logical-operation.ts";
import { isNumber } from "./number-value.ts";

/**
 * The eventual gets that were told what nobody can have written: a value that no put carried, nor any increment can have
 * come to, which may have taken place and had been called by then, or a revision that another write was told. Absent is
 * always right. So is a revision that no put was told: one replica may have accepted what a majority never did, under a
 * ballot that came to nothing.
 */
export function eventualReads(
  operations: readonly Operation[],
): readonly Operation[] {
  return [...byKey(operations).values()].flatMap((ofKey) => {
    const writes = logicalOperations(ofKey).filter(mayHaveWritten);
    const writerOf = new Map(writes.map((write) => [revisionOf(write), write]));

    return ofKey.filter(({ input, outcome, return: end = Infinity }) => {
      if (input.kind !== "eventual-get" || outcome.kind !== "value")
        return false;
      const { value, revision } = outcome;
      const writer =
        revision === undefined ? undefined : writerOf.get(revision);
      return !writes.some(
        (write) =>
          write.call <= end &&
          mayLeave(write, value) &&
          (!writer || (write === writer && wasTold(write, value))),
      );
    });
  });
}

/** An increment may leave another number with a minority, in an attempt that comes to nothing, than the one that it is told. */
function mayLeave({ input }: LogicalOperation, value: string): boolean {
  return input.kind === "put" ? input.value === value : isNumber(value);
}

/** Whether the value fits what the write was told of its own revision: nothing, or this value. */
function wasTold({ outcome }: LogicalOperation, value: string): boolean {
  const told = outcome.kind === "applied" ? outcome.value : undefined;
  return told === undefined || told === value;
}

function mayHaveWritten({ input, outcome }: LogicalOperation): boolean {
  return (
    givesRevision(input) &&
    // One attempt may have left its value with a minority, and the next one have found that the condition fails.
    (outcome.kind === "applied" ||
      outcome.kind === "unknown" ||
      outcome.kind === "condition-failed")
  );
}
