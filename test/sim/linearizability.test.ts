/** The checker against known histories, against its naive twin, and against long ones. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { checkHistory } from "../../src/sim/check-history.ts";
import type { Operation } from "../../src/sim/history.ts";
import { isLinearizableByBruteForce } from "./brute-force.ts";
import { knownHistories } from "./history-files.ts";
import {
  type LongHistoryOptions,
  longHistory,
  withStaleRead,
} from "./long-history.ts";
import { soundHistory } from "./random-history.ts";
import { spoiltHistory } from "./spoilt-history.ts";

describe("known histories", () => {
  const good = knownHistories.filter(({ name }) => name.startsWith("good-"));
  const bad = knownHistories.filter(({ name }) => name.startsWith("bad-"));

  test("there are enough of both kinds", () => {
    expect(good.length).toBeGreaterThanOrEqual(8);
    expect(bad.length).toBeGreaterThanOrEqual(12);
    expect(good.length + bad.length).toBe(knownHistories.length);
  });

  test.each(good)("$name: $story", ({ operations, stuck }) => {
    expect(stuck).toBeUndefined();
    expect(checkHistory(operations)).toMatchObject({ kind: "linearizable" });
    expect(isLinearizableByBruteForce(operations)).toBe(true);
  });

  test.each(bad)("$name: $story", ({ operations, stuck }) => {
    const verdict = checkHistory(operations);
    expect(verdict).toMatchObject({ kind: "violation", stuck: { id: stuck } });
    expect(isLinearizableByBruteForce(operations)).toBe(false);
  });

  test("each bad one is good up to the answer that sticks", () => {
    const stillBad = bad.filter(({ operations }) => {
      const verdict = checkHistory(operations);
      if (verdict.kind !== "violation") return false;
      const { stuck } = verdict;
      const before = operations
        .filter(({ call }) => call <= (stuck.return ?? Infinity))
        .map((each) => (each === stuck ? unanswered(each) : each));
      return checkHistory(before).kind !== "linearizable";
    });
    expect(stillBad.map(({ name }) => name)).toEqual([]);
  });
});

function unanswered({ return: _, ...operation }: Operation): Operation {
  return { ...operation, outcome: { kind: "unknown" } };
}

describe("random small histories", () => {
  const options = { seed: 20_261_121, numRuns: 6_000 };

  test("what was executed in some order is linearizable", () => {
    fc.assert(
      fc.property(soundHistory, (history) => {
        const { kind } = checkHistory(history);
        return kind === "linearizable" && isLinearizableByBruteForce(history);
      }),
      options,
    );
  });

  test("of spoilt ones, the same are linearizable as by trying every order", () => {
    const counts = { linearizable: 0, violation: 0, undecided: 0 };
    fc.assert(
      fc.property(spoiltHistory, (history) => {
        const { kind } = checkHistory(history);
        const expected = isLinearizableByBruteForce(history);
        counts[kind]++;
        return kind === (expected ? "linearizable" : "violation");
      }),
      options,
    );
    expect(counts.undecided).toBe(0);
    expect(counts.linearizable).toBeGreaterThan(options.numRuns / 10);
    expect(counts.violation).toBeGreaterThan(options.numRuns / 10);
  });
});

describe("long histories of one key", () => {
  const usual: LongHistoryOptions = {
    seed: 1,
    operationCount: 3_000,
    clientCount: 8,
    unknownCount: 20,
    conditional: 0.2,
    expiring: 0.05,
  };
  /** Of the model, for each operation: what keeps a check in milliseconds, whatever the machine. */
  const stepsEachMax = 100;

  test.each<Partial<LongHistoryOptions>>([
    { unknownCount: 0, conditional: 0, expiring: 0 },
    { unknownCount: 20 },
    { unknownCount: 20, seed: 2 },
    { unknownCount: 20, conditional: 0.8 },
    { unknownCount: 40, expiring: 0.4 },
    { unknownCount: 20, clientCount: 20 },
  ])("%o", (changed) => {
    const options = { ...usual, ...changed };
    const history = longHistory(options);
    expect(
      history.filter(({ outcome }) => outcome.kind === "unknown").length,
    ).toBeGreaterThanOrEqual(options.unknownCount / 2);
    const verdict = checkHistory(history);
    expect(verdict.kind).toBe("linearizable");
    expect(verdict.steps).toBeLessThan(stepsEachMax * history.length);
  });

  test.each([1, 2, 3])("a stale read is found among them, seed %i", (seed) => {
    const { history, stale } = withStaleRead(longHistory({ ...usual, seed }));
    expect(checkHistory(history)).toMatchObject({
      kind: "violation",
      stuck: { id: stale },
    });
  });

  test("a history that needs more steps than allowed is undecided, not good", () => {
    const history = longHistory(usual);
    const verdict = checkHistory(history, { stepsMax: 1_000 });
    expect(verdict).toMatchObject({ kind: "undecided", key: "k" });
  });

  test("a violation on one key is found beside keys that are undecided", () => {
    const bad = knownHistories.find(({ name }) => name === "bad-stale-read");
    const mixed = [
      ...longHistory(usual),
      ...(bad?.operations ?? []).map((each) => ({ ...each, key: "other" })),
    ];
    expect(checkHistory(mixed, { stepsMax: 1_000 })).toMatchObject({
      kind: "violation",
      key: "other",
    });
  });
});

describe("what no recorder can have written", () => {
  const put: Operation = {
    id: "put",
    client: "c",
    key: "k",
    call: 1,
    return: 2,
    input: { kind: "put", value: "a" },
    outcome: { kind: "applied", revision: "r1" },
  };

  test.each<[string, readonly Operation[]]>([
    ["returns before it is called", [{ ...put, return: 0 }]],
    ["no such outcome", [{ ...put, outcome: { kind: "absent" } }]],
    [
      "an answer has a time of return",
      [{ ...unanswered(put), outcome: put.outcome }],
    ],
    [
      "belongs to another operation",
      [put, { ...put, input: { kind: "put", value: "b" } }],
    ],
    [
      "cannot expire before it may",
      [
        {
          ...put,
          input: {
            kind: "put",
            value: "a",
            expiresNotBefore: 9,
            expiresNotAfter: 8,
          },
        },
      ],
    ],
  ])("%s", (message, history) => {
    expect(() => checkHistory(history)).toThrow(message);
  });
});
