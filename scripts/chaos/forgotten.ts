/** Repetitions of an operation that its key may have forgotten by then: they may rightly take place once more. */
import { operationIdsMax, operationTimeoutMs } from "../../src/core/limits.ts";
import { byKey, type Operation } from "../../src/sim/history.ts";

/**
 * The same history, in which a repetition behind as many others as a key remembers (README, `Idempotency-Key`) is an
 * operation of its own: one whose end is unknown, or that was told another revision than the first. What was answered
 * as the first attempt was is the same operation still.
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
      const isAnsweredAlike =
        operation.outcome.kind !== "unknown" &&
        revisionOf(operation) === revisionOf(first);
      return between.length < operationIdsMax || isAnsweredAlike
        ? operation
        : { ...operation, id: `${operation.id} again at ${operation.call}` };
    });
  });
}

function revisionOf({ outcome }: Operation): string | undefined {
  return "revision" in outcome ? outcome.revision : undefined;
}
