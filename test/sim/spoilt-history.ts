/** Random small histories that may be wrong: sound ones with a few answers or moments changed. */
import fc from "fast-check";
import type { Operation } from "../../src/sim/history.ts";
import { soundHistory, withoutAmbiguousCreated } from "./random-history.ts";

const spoiling = fc.record({
  index: fc.nat(5),
  how: fc.constantFrom(
    "value",
    "revision",
    "absent",
    "answer",
    "earlier",
    "later",
    "fail",
    "conditions",
    "merge",
  ),
  amount: fc.integer({ min: 1, max: 40 }),
});

/** A history that may or may not be linearizable: a sound one with one to three answers or moments changed. */
export const spoiltHistory: fc.Arbitrary<readonly Operation[]> = fc
  .tuple(soundHistory, fc.array(spoiling, { minLength: 1, maxLength: 3 }))
  .map(([history, changes]) =>
    withoutAmbiguousCreated(
      changes.reduce<readonly Operation[]>(
        (spoilt, { index, how, amount }) =>
          spoilt.map((operation, at) =>
            at === index % spoilt.length
              ? spoil(operation, how, amount)
              : operation,
          ),
        history,
      ),
    ),
  );

function spoil(
  operation: Operation,
  how: (typeof spoiling extends fc.Arbitrary<infer T> ? T : never)["how"],
  amount: number,
): Operation {
  const { input, outcome } = operation;
  const end = { return: operation.return ?? operation.call + amount };
  switch (how) {
    case "value":
      if (outcome.kind === "applied" && outcome.value !== undefined)
        return {
          ...operation,
          outcome: { ...outcome, value: `${Number(outcome.value) + 1}` },
        };
      return outcome.kind === "value"
        ? {
            ...operation,
            outcome: { ...outcome, value: outcome.value === "a" ? "1" : "a" },
          }
        : operation;
    case "revision":
      return outcome.kind === "value" || outcome.kind === "applied"
        ? { ...operation, outcome: { ...outcome, revision: `r${amount % 5}` } }
        : operation;
    case "absent":
      return input.kind === "get"
        ? { ...operation, ...end, outcome: { kind: "absent" } }
        : operation;
    case "answer":
      if (input.kind === "get")
        return {
          ...operation,
          ...end,
          outcome: { kind: "value", value: amount % 2 ? "a" : "b" },
        };
      return {
        ...operation,
        ...end,
        outcome:
          outcome.kind === "applied"
            ? { kind: "condition-failed" }
            : { kind: "applied" },
      };
    case "earlier":
      return operation.return === undefined
        ? { ...operation, call: operation.call - amount }
        : {
            ...operation,
            call: operation.call - amount,
            return: operation.return - amount,
          };
    case "later":
      return operation.return === undefined
        ? { ...operation, call: operation.call + amount }
        : {
            ...operation,
            call: operation.call + amount,
            return: operation.return + amount,
          };
    case "fail":
      return { ...operation, ...end, outcome: { kind: "failed" } };
    default:
      return {
        ...operation,
        ...end,
        call: (operation.call + (end.return ?? 0)) / 2,
      };
  }
}
