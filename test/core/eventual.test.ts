/** The laws of eventual rings, and what each operation writes there. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  type Ballot,
  ballotZero,
  compareBallots,
} from "../../src/core/ballot.ts";
import type { Entry } from "../../src/core/entry.ts";
import {
  applyEventually,
  collectableAt,
  heldMs,
  type KeyState,
  type MergeContext,
  mergeIntoRegister,
  mergeStates,
} from "../../src/core/eventual.ts";
import { memoryFrom } from "../../src/core/memory.ts";
import type { Operation } from "../../src/core/operation.ts";
import { registerEmpty, takenIn, visible } from "../../src/core/register.ts";

const ballotOf = (counter: number, proposer = "A"): Ballot => ({
  epoch: 0,
  counter,
  proposer,
});

/** A ballot is made for one entry: the same ballot always has the same. */
function stateOf(ballot: Ballot): KeyState {
  const { counter, proposer } = ballot;
  return {
    ballot,
    entry: {
      value: counter % 3 === 0 ? null : new TextEncoder().encode(proposer),
      revision: ballot,
      createdAt: counter,
      modifiedAt: counter,
      memory: memoryFrom(ballotZero),
    },
  };
}

const anyState = fc
  .record({
    epoch: fc.constant(0),
    counter: fc.integer({ min: 1, max: 5 }),
    proposer: fc.constantFrom("A", "B", "a"),
  })
  .map(stateOf);
const maybeState = fc.option(anyState, { nil: undefined });

/** What a replica holds once these have come to it, one after another. */
function replicaOf(states: readonly KeyState[]) {
  return states.reduce(
    (register, state) =>
      mergeIntoRegister(register, state, { epoch: 7, at: 0 }).register ??
      register,
    registerEmpty,
  );
}

describe("a merge", () => {
  test("is commutative, associative and idempotent", () => {
    fc.assert(
      fc.property(maybeState, maybeState, maybeState, (a, b, c) => {
        expect(mergeStates(a, b)).toEqual(mergeStates(b, a));
        expect(mergeStates(mergeStates(a, b), c)).toEqual(
          mergeStates(a, mergeStates(b, c)),
        );
        expect(mergeStates(a, a)).toEqual(a);
      }),
    );
  });

  test("leaves replicas alike that have seen the same states, in whatever order and however often", () => {
    const orders = fc
      .array(anyState, { minLength: 1, maxLength: 8 })
      .chain((states) => {
        const twice = [...states, ...states];
        return fc.tuple(
          fc.shuffledSubarray(states, { minLength: states.length }),
          fc.shuffledSubarray(twice, { minLength: twice.length }),
        );
      });
    fc.assert(
      fc.property(orders, ([once, twice]) => {
        expect(replicaOf(once)).toEqual(replicaOf(twice));
        const winner = once.reduce<KeyState | undefined>(
          mergeStates,
          undefined,
        );
        expect(replicaOf(once)).toMatchObject({
          accepted: winner?.ballot,
          entry: winner?.entry,
        });
      }),
    );
  });

  test("notes when it took a state, and not when the same comes again", () => {
    fc.assert(
      fc.property(anyState, fc.nat(), fc.nat(), (state, at, laterMs) => {
        const { register } = mergeIntoRegister(registerEmpty, state, {
          epoch: 7,
          at,
        });
        if (!register) throw new Error("nothing was held");
        expect(heldMs(register, at + laterMs)).toBe(laterMs);
        const again = { epoch: 8, at: at + laterMs };
        expect(mergeIntoRegister(register, state, again).register).toBe(
          undefined,
        );
      }),
    );
  });

  test("writes once, tells what is above, and never falls", () => {
    fc.assert(
      fc.property(anyState, anyState, (held, sent) => {
        const step = mergeIntoRegister(replicaOf([held]), sent, {
          epoch: 8,
          at: 0,
        });
        const order = compareBallots(sent.ballot, held.ballot);
        expect(step.register !== undefined).toBe(order > 0);
        expect(step.reply).toEqual(
          order < 0
            ? { kind: "held", accepted: held.ballot }
            : { kind: "merged" },
        );
      }),
    );
  });

  test("counts in the stay in which it was taken, whatever its ballot", () => {
    const register = replicaOf([stateOf(ballotOf(4))]);
    expect(takenIn(register)).toBe(7);
    expect(visible(register, 7)).toBe(register);
    expect(visible(register, 8).entry).toBeUndefined();
  });
});

const now = 1_000_000;
const current = stateOf(ballotOf(4)).entry;
const bytes = new TextEncoder().encode("new");

function decide(
  operation: Operation,
  entry: Entry | "absent" = current,
  more: Partial<MergeContext> = {},
) {
  const decision = applyEventually(operation, {
    current: entry === "absent" ? undefined : entry,
    ballot: ballotOf(9),
    now,
    collectedAt: 0,
    mayRepeat: false,
    mustBeRemembered: false,
    ...more,
  });
  if (decision.kind === "forgotten") throw new Error("forgotten");
  return decision;
}

const put = { kind: "put", id: "p", value: bytes } as const;

describe("an operation", () => {
  test("that puts gets the new ballot as its revision", () => {
    const { answer, written } = decide(put);
    expect(answer).toEqual({
      kind: "applied",
      revision: ballotOf(9),
      created: false,
    });
    expect(written).toMatchObject({
      value: bytes,
      revision: ballotOf(9),
      createdAt: current.createdAt,
    });
  });

  test("that was decided before is answered alike and writes nothing", () => {
    const { written } = decide(put);
    const later = { ballot: ballotOf(20), mayRepeat: true };
    expect(decide(put, written, later)).toEqual({
      kind: "decided",
      answer: { kind: "applied", revision: ballotOf(9), created: false },
      isRemembered: true,
    });
  });

  test("that touches or counts writes what it found anew, as a conditional write does", () => {
    const touched = decide({ kind: "touch", id: "t", ttlMs: 5 });
    expect(touched.written).toMatchObject({
      value: current.value,
      revision: current.revision,
      expiresAt: now + 5,
    });
    const counted = decide({ kind: "increment", id: "i", by: 2 }, "absent");
    expect(counted.answer).toMatchObject({ kind: "applied", number: 2 });
    expect(counted.written?.value).toEqual(new TextEncoder().encode("2"));
  });

  test("that may have counted before counts no second time: only whoever knows it answers", () => {
    const increment = { kind: "increment", id: "i", by: 1 } as const;
    const { written } = decide(increment, "absent");
    const again = { ballot: ballotOf(20), mayRepeat: true };
    expect(decide(increment, written, again)).toMatchObject({
      kind: "decided",
      answer: { kind: "applied", number: 1 },
    });
    expect(() => decide(increment, "absent", again)).toThrow("forgotten");
    expect(decide(put, current, again).written).toBeDefined();
  });

  test("that its client repeats without a bound is answered from memory or not at all", () => {
    const { written } = decide(put);
    const again = {
      ballot: ballotOf(20),
      mayRepeat: true,
      mustBeRemembered: true,
    };
    expect(decide(put, written, again)).toEqual({
      kind: "decided",
      answer: { kind: "applied", revision: ballotOf(9), created: false },
      isRemembered: true,
    });
    for (const operation of [put, { kind: "delete", id: "d" } as const])
      expect(() => decide(operation, current, again)).toThrow("forgotten");
  });

  const imported = { value: bytes, createdAt: 1, modifiedAt: 1 };
  test.each<[string, Operation]>([
    ["a condition does not hold", { ...put, conditions: { ifNoneMatch: "*" } }],
    ["an entry is refreshed", { kind: "refresh", expire: true }],
    ["an import is no newer", { kind: "import", id: "i", entry: imported }],
  ])(
    "writes nothing where %s, or an old value would win anew",
    (_, operation) => {
      expect(decide(operation).written).toBeUndefined();
    },
  );

  test("that deletes what it cannot see leaves a tombstone all the same", () => {
    const expired = { ...current, expiresAt: now - 1 };
    const tombstone = { ...current, value: null };
    for (const entry of [expired, tombstone]) {
      const { answer, written } = decide({ kind: "delete", id: "d" }, entry);
      expect(answer).toEqual({ kind: "unchanged" });
      expect(written).toMatchObject({
        value: null,
        revision: ballotOf(9),
        modifiedAt: now,
      });
    }
  });

  test("is newer than what was collected, whatever its clock says", () => {
    const { written } = decide(put, "absent", { collectedAt: now + 5 });
    expect(written?.modifiedAt).toBe(now + 5);
  });
});

test("a tombstone may be collected after its time, an expired value after its end, and no other value ever", () => {
  const tombstone = { ...current, value: null };
  expect(collectableAt(tombstone, 60)).toBe(current.modifiedAt + 60);
  expect(collectableAt({ ...current, expiresAt: 100 }, 60)).toBe(160);
  expect(collectableAt(current, 60)).toBeUndefined();
});
