/** Operations that come again: what is remembered, what is forgotten, and the laws that hold for all of them (design, section 4). */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  type Ballot,
  ballotZero,
  compareBallots,
  epochStart,
  formatBallot,
} from "../../src/core/ballot.ts";
import { type Entry, nothingEntry } from "../../src/core/entry.ts";
import { memoryFrom } from "../../src/core/memory.ts";
import type {
  ApplyContext,
  Conditions,
  Operation,
} from "../../src/core/operation.ts";
import { check } from "./check.ts";
import { encodeMemory, memoryOf } from "./memories.ts";
import {
  allStates,
  apply,
  at,
  ballot,
  earlier,
  increment,
  now,
  past,
  put,
  states,
  touch,
  value,
} from "./operation-cases.ts";

describe("repetitions and retries (design, section 4)", () => {
  const operations: readonly Operation[] = [
    put({ id: "earlier" }),
    { kind: "delete", id: "earlier" },
    put({ id: "earlier", conditions: { ifNoneMatch: "*" } }),
    {
      kind: "import",
      id: "earlier",
      entry: { value: null, createdAt: 0, modifiedAt: 5_000 },
    },
  ];

  test.each(operations)(
    "an id that is listed is answered as the first time and changes nothing: %j",
    (operation) => {
      for (const state of ["present", "tombstone", "expired"])
        for (const mayRepeat of [true, false])
          for (const after of [ballotZero, at(40)])
            expect(apply(state, operation, { mayRepeat, after })).toEqual({
              entry: states[state],
              answer: { kind: "applied", revision: at(20), created: true },
            });
    },
  );

  test.each([
    ["changed", { kind: "applied", revision: at(20), created: false }],
    ["none", { kind: "unchanged" }],
    ["condition-failed", { kind: "condition-failed" }],
    ["not-a-number", { kind: "not-a-number" }],
    ["out-of-bounds", { kind: "out-of-bounds", number: 0 }],
    ["no-such-key", { kind: "no-such-key" }],
  ] as const)("one that ended as %s is answered so again", (effect, answer) => {
    const current: Entry = {
      ...past,
      value,
      createdAt: 0,
      modifiedAt: 0,
      memory: encodeMemory({
        operations: [{ ...earlier, effect }],
        idsFrom: ballotZero,
      }),
    };
    expect(apply("", put({ id: "earlier" }), { current })).toEqual({
      entry: current,
      answer,
    });
  });

  const forgetful = (idsFrom: Ballot): Entry => ({
    ...past,
    value,
    createdAt: 0,
    modifiedAt: 0,
    memory: encodeMemory({ operations: [earlier], idsFrom }),
  });

  test("a retry is applied only if nothing above its `after` was forgotten, else its outcome is unknown", () => {
    for (const [idsFrom, kind] of [
      [at(39), "applied"],
      [at(40), "applied"],
      [at(41), "forgotten"],
    ] as const) {
      const current = forgetful(idsFrom);
      expect(apply("", put(), { current, mayRepeat: true }).answer.kind).toBe(
        kind,
      );
      // An absent key has forgotten what its floor covers.
      expect(
        apply("absent", put(), { floor: idsFrom, mayRepeat: true }).answer.kind,
      ).toBe(kind);
    }
  });

  test("a memory that cannot be read counts as one that has forgotten all, and is made anew", () => {
    const memory = Uint8Array.of(9, 9);
    const current: Entry = {
      ...past,
      value,
      createdAt: 0,
      modifiedAt: 0,
      memory,
    };
    expect(apply("", put(), { current, mayRepeat: true }).answer.kind).toBe(
      "forgotten",
    );
    const first = apply("", put(), { current });
    expect(first.answer).toEqual({ kind: "outdated", highest: ballot });
    expect(first.entry).toEqual({ ...current, memory: memoryFrom(ballot) });
    // Whoever began before may have been executed; whoever begins anew has not.
    const next = { current: first.entry, ballot: at(60) };
    expect(apply("", put(), { ...next, after: at(49) }).answer.kind).toBe(
      "outdated",
    );
    expect(apply("", put(), { ...next, after: ballot }).answer.kind).toBe(
      "applied",
    );
    expect(apply("", { kind: "refresh", expire: false }, { current })).toEqual({
      entry: current,
      answer: { kind: "unchanged" },
    });
  });

  test("a first message that comes late is not executed: another coordinator may have decided the operation since", () => {
    const current = forgetful(at(41));
    expect(apply("", put(), { current })).toEqual({
      entry: current,
      answer: { kind: "outdated", highest: ballot },
    });
    // Begun anew above that ballot it is.
    expect(apply("", put(), { current, after: ballot }).answer.kind).toBe(
      "applied",
    );
  });
});

describe("whatever the operation", () => {
  const condition: fc.Arbitrary<Conditions | undefined> = fc.constantFrom(
    undefined,
    { ifMatch: "*" },
    { ifMatch: [formatBallot(at(20))] },
    { ifNoneMatch: "*" },
    { ifNoneMatch: [formatBallot(at(20))] },
  );
  const id = fc.constantFrom("x", "earlier");
  const time = fc.integer({ min: 0, max: 2_000 });
  const operation: fc.Arbitrary<Operation> = fc.oneof(
    fc
      .tuple(id, condition)
      .map(([id, conditions]) =>
        put({ id, ...(conditions && { conditions }) }),
      ),
    fc.tuple(id, condition).map(
      ([id, conditions]): Operation => ({
        kind: "delete",
        id,
        ...(conditions && { conditions }),
      }),
    ),
    fc
      .tuple(id, condition, fc.constantFrom(1, -2, 0.5, 2 ** 53), time)
      .map(([id, conditions, by, ttlMs]) =>
        increment({ id, by, max: 3, ttlMs, ...(conditions && { conditions }) }),
      ),
    fc.tuple(id, condition, fc.option(time)).map(([id, conditions, ttlMs]) =>
      touch({
        id,
        ...(ttlMs !== null && { ttlMs }),
        ...(conditions && { conditions }),
      }),
    ),
    fc.tuple(id, time).map(
      ([id, modifiedAt]): Operation => ({
        kind: "import",
        id,
        entry: { value, createdAt: 0, modifiedAt },
      }),
    ),
    fc.boolean().map((expire): Operation => ({ kind: "refresh", expire })),
    fc.constant<Operation>({ kind: "propose", value }),
  );
  const context = fc.record({
    now: time,
    collectedAt: time,
    mayRepeat: fc.boolean(),
    after: fc.constantFrom(ballotZero, at(1), at(30)),
    floor: fc.constantFrom(epochStart(2), at(10)),
  });

  function forEachDecision(
    judge: (
      state: string,
      operation: Operation,
      more: Partial<ApplyContext>,
    ) => void,
  ) {
    check(
      fc.property(fc.constantFrom(...allStates), operation, context, judge),
      2_000,
    );
  }

  test("the revision is the ballot exactly when the value changes (design, section 4)", () => {
    forEachDecision((state, operation, more) => {
      const { entry } = apply(state, operation, more);
      if (!entry) return;
      const before = states[state] ?? nothingEntry(ballotZero, 0);
      const isNew = compareBallots(entry.revision, ballot) === 0;
      expect(
        isNew || compareBallots(entry.revision, before.revision) === 0,
      ).toBe(true);
      if (isNew) return;
      expect(entry.value).toBe(before.value);
      if (operation.kind !== "touch")
        expect(entry.modifiedAt).toBe(before.modifiedAt);
    });
  });

  test("no id is lost without idsFrom rising over it, and times never fall", () => {
    forEachDecision((state, operation, more) => {
      const { entry } = apply(state, operation, more);
      const before = states[state];
      if (!entry || !before) return;
      const { operations, idsFrom } = memoryOf(entry);
      const past = memoryOf(before);
      expect(compareBallots(idsFrom, past.idsFrom)).toBeGreaterThanOrEqual(0);
      for (const { id, ballot } of past.operations)
        expect(
          operations.some((known) => known.id === id) ||
            compareBallots(idsFrom, ballot) >= 0,
        ).toBe(true);
      expect(entry.modifiedAt).toBeGreaterThanOrEqual(before.modifiedAt);
    });
  });

  test("doing it again on its own outcome, at a later ballot, changes nothing and answers the same", () => {
    forEachDecision((state, operation, more) => {
      const first = apply(state, operation, more);
      if (!first.entry || first.answer.kind === "outdated") return;
      const again = apply(state, operation, {
        ...more,
        current: first.entry,
        ballot: at(60),
        mayRepeat: true,
      });
      expect(again.entry).toEqual(first.entry);
      // What is told of the entry is told while it is there.
      const isOver = (first.entry.expiresAt ?? Infinity) <= (more.now ?? now);
      if (first.answer.kind === "touched" && isOver)
        expect(again.answer).toEqual({ kind: "touched" });
      else if (first.answer.kind === "condition-failed")
        expect(again.answer).toEqual({ kind: "condition-failed" });
      else if (operation.kind !== "propose")
        expect(again.answer).toEqual(first.answer);
    });
  });

  test("it is pure: the entry that it was given stays as it was", () => {
    forEachDecision((state, operation, more) => {
      const before = structuredClone(states[state]);
      apply(state, operation, more);
      expect(states[state]).toEqual(before);
    });
  });
});
