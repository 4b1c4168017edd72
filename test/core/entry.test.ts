/** Entries: who sees a value when, and which operation ids are remembered (design, section 4: `idsFrom`). */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { ballotZero, compareBallots } from "../../src/core/ballot.ts";
import {
  type DecidedOperation,
  type Entry,
  isExpired,
  isPresent,
  nothingEntry,
  rememberOperation,
} from "../../src/core/entry.ts";
import { idempotencyWindowMs, operationIdsMax } from "../../src/core/limits.ts";
import { smallBallot } from "./arbitraries.ts";
import { check } from "./check.ts";

const nothing = nothingEntry(ballotZero, 0);

describe("isPresent and isExpired", () => {
  test("an entry with a value is present until its time, expired from then on", () => {
    const entry: Entry = { ...nothing, value: Uint8Array.of(), expiresAt: 100 };
    expect([99, 100, 101].map((now) => isPresent(entry, now))).toEqual([
      true,
      false,
      false,
    ]);
    expect([99, 100, 101].map((now) => isExpired(entry, now))).toEqual([
      false,
      true,
      true,
    ]);
  });

  test("exactly one holds of an entry with a value, neither of a tombstone", () => {
    const time = fc.nat({ max: 10 });
    check(
      fc.property(
        fc.constantFrom(null, Uint8Array.of()),
        fc.option(time, { nil: undefined }),
        time,
        (value, expiresAt, now) => {
          const entry: Entry = {
            ...nothing,
            value,
            ...(expiresAt !== undefined && { expiresAt }),
          };
          const flags = [isPresent(entry, now), isExpired(entry, now)];
          const hasValue = value !== null;
          expect(flags.filter((flag) => flag).length).toBe(hasValue ? 1 : 0);
          if (hasValue && expiresAt === undefined)
            expect(flags).toEqual([true, false]);
        },
      ),
    );
  });

  test("there is nothing in no entry", () => {
    expect(isPresent(undefined, 0)).toBe(false);
  });
});

describe("rememberOperation", () => {
  /** Clocks of coordinators differ and jump: times come in any order. */
  const operation: fc.Arbitrary<DecidedOperation> = fc.record({
    id: fc.string({ minLength: 1, maxLength: 4 }),
    ballot: smallBallot,
    at: fc.integer({ min: 0, max: 3 * idempotencyWindowMs }),
    effect: fc.constant("changed"),
  });

  test("every id that is not there any more is covered by idsFrom, which never falls", () => {
    check(
      fc.property(
        fc.array(operation, { minLength: 1, maxLength: 3 * operationIdsMax }),
        smallBallot,
        (operations, idsFrom) => {
          let memory: Pick<Entry, "operations" | "idsFrom"> = {
            operations: [],
            idsFrom,
          };
          for (const [count, decided] of operations.entries()) {
            const before = memory;
            memory = rememberOperation(before, decided);
            const kept = memory.operations;
            // Those that are left are the last ones, in their order, the new one among them.
            expect(kept).toEqual(
              operations.slice(count + 1 - kept.length, count + 1),
            );
            expect(kept.at(-1)).toBe(decided);
            expect(kept.length).toBeLessThanOrEqual(operationIdsMax);
            expect(
              compareBallots(memory.idsFrom, before.idsFrom),
            ).toBeGreaterThanOrEqual(0);
            const dropped = operations.slice(0, count + 1 - kept.length);
            for (const { ballot } of dropped)
              expect(
                compareBallots(memory.idsFrom, ballot),
              ).toBeGreaterThanOrEqual(0);
            if (dropped.length === 0) expect(memory.idsFrom).toEqual(idsFrom);
          }
        },
      ),
      200,
    );
  });

  test("an id stays for the whole window while fewer than the limit came after it", () => {
    const at = (time: number): DecidedOperation => ({
      id: String(time),
      ballot: { epoch: 1, counter: time, proposer: "p" },
      at: time,
      effect: "changed",
    });
    const start = { operations: [at(0)], idsFrom: ballotZero };
    const inside = rememberOperation(start, at(idempotencyWindowMs - 1));
    expect(inside.operations).toHaveLength(2);
    expect(inside.idsFrom).toEqual(ballotZero);
    const outside = rememberOperation(start, at(idempotencyWindowMs));
    expect(outside.operations.map(({ id }) => id)).toEqual([
      String(idempotencyWindowMs),
    ]);
    expect(outside.idsFrom).toEqual(at(0).ballot);
  });

  test("the limit is kept by dropping the oldest, however young", () => {
    let memory: Pick<Entry, "operations" | "idsFrom"> = nothing;
    for (let counter = 1; counter <= operationIdsMax + 2; counter++)
      memory = rememberOperation(memory, {
        id: `i${counter}`,
        ballot: { epoch: 1, counter, proposer: "p" },
        at: 0,
        effect: "created",
      });
    expect(memory.operations).toHaveLength(operationIdsMax);
    expect(memory.operations[0]?.id).toBe("i3");
    expect(memory.idsFrom.counter).toBe(2);
  });
});
