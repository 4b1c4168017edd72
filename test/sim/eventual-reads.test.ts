/** Eventual gets: stale is fine, made up is not. */
import { describe, expect, test } from "vitest";
import { eventualReads } from "../../src/sim/eventual-reads.ts";
import type { Operation, Outcome } from "../../src/sim/history.ts";

function put(id: string, value: string, outcome: Outcome, call = 1): Operation {
  const input = { kind: "put", value } as const;
  return { id, client: "c1", key: "k", call, return: call + 1, input, outcome };
}

function read(outcome: Outcome, key = "k"): Operation {
  const input = { kind: "eventual-get" } as const;
  return {
    id: "read",
    client: "c2",
    key,
    call: 10,
    return: 12,
    input,
    outcome,
  };
}

const written: readonly Operation[] = [
  put("a", "a", { kind: "applied", revision: "r1" }),
  put("b", "b", { kind: "applied", revision: "r2" }, 3),
  put("c", "c", { kind: "unknown" }),
  put("d", "d", { kind: "failed" }),
  put("e", "e", { kind: "condition-failed" }),
  put("f", "f", { kind: "applied" }, 12),
  put("g", "g", { kind: "applied" }, 13),
];

describe("an eventual get", () => {
  test.each<[string, Outcome]>([
    ["nothing", { kind: "absent" }],
    ["no answer", { kind: "unknown" }],
    ["the last value", { kind: "value", value: "b", revision: "r2" }],
    ["a stale value", { kind: "value", value: "a", revision: "r1" }],
    ["a value without its revision", { kind: "value", value: "a" }],
    ["an unknown put's value", { kind: "value", value: "c", revision: "r9" }],
    [
      "a ballot that came to nothing",
      { kind: "value", value: "a", revision: "r8" },
    ],
    ["the value of a put under way", { kind: "value", value: "f" }],
    [
      "what a put that was refused in the end left with a minority",
      { kind: "value", value: "e" },
    ],
  ])("may be told %s", (_, outcome) => {
    expect(eventualReads([...written, read(outcome)])).toEqual([]);
  });

  test.each<[string, Outcome]>([
    ["a value that nobody wrote", { kind: "value", value: "x" }],
    ["a failed put's value", { kind: "value", value: "d" }],
    ["a value before its put", { kind: "value", value: "g" }],
    ["another value's revision", { kind: "value", value: "a", revision: "r2" }],
  ])("is not told %s", (_, outcome) => {
    const wrong = read(outcome);
    expect(eventualReads([...written, wrong])).toEqual([wrong]);
  });

  describe("of a counter", () => {
    const input = { kind: "increment", by: 1 } as const;
    const outcome = { kind: "applied", revision: "r1", value: "7" } as const;
    const increment = { ...put("i", "", outcome), input };

    test.each<[string, Outcome]>([
      ["its number", { kind: "value", value: "7", revision: "r1" }],
      [
        "what an attempt left with a minority that came to nothing",
        { kind: "value", value: "6", revision: "r0" },
      ],
    ])("may be told %s", (_, told) => {
      expect(eventualReads([increment, read(told)])).toEqual([]);
    });

    test.each<[string, Outcome]>([
      [
        "another number of its revision",
        { kind: "value", value: "6", revision: "r1" },
      ],
      ["what is no number", { kind: "value", value: "x", revision: "r0" }],
    ])("is not told %s", (_, told) => {
      const wrong = read(told);
      expect(eventualReads([increment, wrong])).toEqual([wrong]);
    });
  });

  test("is not told another key's value", () => {
    const wrong = read({ kind: "value", value: "a" }, "other");
    expect(eventualReads([...written, wrong])).toEqual([wrong]);
  });
});
