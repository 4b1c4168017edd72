/** Repetitions of an operation that its key may have forgotten by then: they may rightly take place once more. */
import {
  type Ballot,
  compareBallots,
  parseBallot,
} from "../../src/core/ballot.ts";
import { operationIdsMax, operationTimeoutMs } from "../../src/core/limits.ts";
import { byKey, type Operation } from "../../src/sim/history.ts";

/**
 * The same history, in which a repetition behind as many others as a key remembers (docs/API.md, `Idempotency-Key`) is an
 * operation of its own: one whose end is unknown, or that was told a revision of its own time. What was answered from the
 * key's memory is the same operation still.
 */
export function withForgotten(
  operations: readonly Operation[],
): readonly Operation[] {
  return [...byKey(operations).values()].flatMap((ofKey) => {
    const calls = ofKey.map(({ call }) => call).sort((a, b) => a - b);
    const attempts = Map.groupBy(ofKey, ({ id }) => id);
    return ofKey.map((operation) => {
      const [first] = attempts.get(operation.id) ?? [];
      if (!first || first === operation) return operation;
      const end = operation.return ?? operation.call + operationTimeoutMs;
      const between = calls.filter((call) => call > first.call && call < end);
      return between.length < operationIdsMax || isRemembered(operation, ofKey)
        ? operation
        : { ...operation, id: `${operation.id} again at ${operation.call}` };
    });
  });
}

/**
 * Whether the revision that a repetition was told is of a time before it: a key's revisions rise, so one that takes place
 * now is above all that anybody was told before.
 */
function isRemembered(
  repetition: Operation,
  ofKey: readonly Operation[],
): boolean {
  const revision = revisionOf(repetition);
  if (!revision) return false;
  return ofKey.some((other) => {
    const earlier = revisionOf(other);
    const isBefore =
      other.return !== undefined && other.return < repetition.call;
    return isBefore && earlier && compareBallots(earlier, revision) >= 0;
  });
}

function revisionOf({ outcome }: Operation): Ballot | undefined {
  return "revision" in outcome && outcome.revision !== undefined
    ? parseBallot(outcome.revision)
    : undefined;
}
