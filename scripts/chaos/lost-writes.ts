/** Acknowledged writes that the last reads do not know of: what linearizability implies, checked without a search. */
import { byKey, type Operation } from "../../src/sim/history.ts";
import {
  type LogicalOperation,
  logicalOperations,
} from "../../src/sim/logical-operation.ts";

/**
 * Reads of `lastReaders` that a later write must have hidden: some write was acknowledged before the read began, and
 * every write that the read can be owed to had ended before that one began. A put of the value, or for "absent" a
 * delete or the time before all puts, may explain it.
 */
export function lostWrites(
  operations: readonly Operation[],
  isLastRead: (operation: Operation) => boolean,
): readonly string[] {
  return [...byKey(operations)].flatMap(([key, ofKey]) => {
    const writes = logicalOperations(ofKey).filter(
      ({ outcome }) => outcome.kind === "applied" || outcome.kind === "unknown",
    );
    return ofKey.filter(isLastRead).flatMap((read) => {
      const lost = lostFor(read, writes);
      return lost
        ? [
            `${lost.id} on ${key} was acknowledged, and ${read.id} does not know of it`,
          ]
        : [];
    });
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
