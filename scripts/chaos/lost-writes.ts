/** Acknowledged writes that the last reads do not know of: what linearizability implies, checked without a search. */
import { byKey, type Operation } from "../../src/sim/history.ts";
import {
  type LogicalOperation,
  logicalOperations,
} from "../../src/sim/logical-operation.ts";

/**
 * A line for each key whose last reads do not know of a write that they must know of: one that was acknowledged before
 * the read began, when every write that the read can be owed to had ended before that one began. A read is owed to a
 * put of its value, and "absent" to a delete or to the time before all puts.
 */
export function lostWrites(
  operations: readonly Operation[],
  isLastRead: (operation: Operation) => boolean,
): readonly string[] {
  return [...byKey(operations)].flatMap(([key, ofKey]) => {
    const writes = logicalOperations(ofKey).filter(
      ({ outcome }) => outcome.kind === "applied" || outcome.kind === "unknown",
    );
    // What one reader misses, all of them do as a rule: one line a key says it.
    for (const read of ofKey.filter(isLastRead)) {
      const lost = lostFor(read, writes);
      if (lost)
        return [
          `${lost.id} on ${key} was acknowledged, and ${read.id} does not know of it`,
        ];
    }
    return [];
  });
}

function lostFor(
  read: Operation,
  writes: readonly LogicalOperation[],
): LogicalOperation | undefined {
  const { outcome } = read;
  if (outcome.kind !== "value" && outcome.kind !== "absent") return undefined;
  const explains = ({ input }: LogicalOperation) =>
    outcome.kind === "value"
      ? input.kind === "put" && input.value === outcome.value
      : input.kind === "delete";
  const ends = writes.filter(explains).map((write) => write.return ?? Infinity);
  const explainedUntil = Math.max(-Infinity, ...ends);
  return writes.find(
    (write) =>
      !explains(write) &&
      write.call > explainedUntil &&
      (write.return ?? Infinity) < read.call,
  );
}
