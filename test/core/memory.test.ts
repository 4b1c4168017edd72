/** Memories: which operation ids are remembered (design, section 4: `idsFrom`), and the bytes that hold them. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  type Ballot,
  ballotZero,
  compareBallots,
  maxBallot,
} from "../../src/core/ballot.ts";
import {
  counterMax,
  idempotencyWindowMs,
  operationIdBytesMax,
  operationIdCharactersMax,
  operationIdsMax,
} from "../../src/core/limits.ts";
import {
  decodeMemory,
  isMemory,
  type Memory,
  memoryFrom,
  recall,
  remember,
} from "../../src/core/memory.ts";
import type { DecidedOperation } from "../../src/core/memory-format.ts";
import {
  anyEffect,
  anyMemory,
  decidedOperation,
  smallBallot,
} from "./arbitraries.ts";
import { check } from "./check.ts";
import { encodeMemory, memoryOf } from "./memories.ts";
import { damagedBytes } from "./mutations.ts";

const decode = (memory: Uint8Array) => memoryOf({ memory });

/** What `remember` does, on lists. */
function rememberInLists(memory: Memory, decided: DecidedOperation): Memory {
  const operations = [...memory.operations, decided];
  let { idsFrom } = memory;
  for (let [oldest] = operations; oldest && oldest !== decided; ) {
    const isOld = oldest.at <= decided.at - idempotencyWindowMs;
    if (operations.length <= operationIdsMax && !isOld) break;
    idsFrom = maxBallot(idsFrom, oldest.ballot);
    operations.shift();
    [oldest] = operations;
  }
  return { operations, idsFrom };
}

/** Clocks of coordinators differ and jump: times come in any order. Proposers come again, and ids too. */
const operation: fc.Arbitrary<DecidedOperation> = fc.record({
  id: fc.constantFrom("a", "b", "ab", "\u{1f600}", "\u00e9"),
  ballot: smallBallot,
  at: fc.integer({ min: 0, max: 3 * idempotencyWindowMs }),
  effect: anyEffect,
});

describe("remember", () => {
  test("does to the bytes what is to be done to the list", () => {
    check(
      fc.property(
        fc.array(fc.oneof(operation, decidedOperation), {
          minLength: 1,
          maxLength: 2 * operationIdsMax,
        }),
        smallBallot,
        (operations, idsFrom) => {
          let bytes = memoryFrom(idsFrom);
          let lists: Memory = { operations: [], idsFrom };
          for (const decided of operations) {
            bytes = remember(bytes, decided);
            lists = rememberInLists(lists, decided);
            expect(decode(bytes)).toEqual(lists);
          }
        },
      ),
      200,
    );
  });

  test("every id that is not there any more is covered by idsFrom, which never falls", () => {
    check(
      fc.property(
        fc.array(operation, { minLength: 1, maxLength: 3 * operationIdsMax }),
        smallBallot,
        (operations, idsFrom) => {
          let bytes = memoryFrom(idsFrom);
          for (const [count, decided] of operations.entries()) {
            const before = decode(bytes);
            bytes = remember(bytes, decided);
            const after = decode(bytes);
            const kept = after.operations;
            // Those that are left are the last ones, in their order, the new one among them.
            expect(kept).toEqual(
              operations.slice(count + 1 - kept.length, count + 1),
            );
            expect(kept.at(-1)).toEqual(decided);
            expect(kept.length).toBeLessThanOrEqual(operationIdsMax);
            expect(
              compareBallots(after.idsFrom, before.idsFrom),
            ).toBeGreaterThanOrEqual(0);
            const dropped = operations.slice(0, count + 1 - kept.length);
            for (const { ballot } of dropped)
              expect(
                compareBallots(after.idsFrom, ballot),
              ).toBeGreaterThanOrEqual(0);
            if (dropped.length === 0) expect(after.idsFrom).toEqual(idsFrom);
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
    const start = encodeMemory({ operations: [at(0)], idsFrom: ballotZero });
    const inside = decode(remember(start, at(idempotencyWindowMs - 1)));
    expect(inside.operations).toHaveLength(2);
    expect(inside.idsFrom).toEqual(ballotZero);
    const outside = decode(remember(start, at(idempotencyWindowMs)));
    expect(outside.operations).toEqual([at(idempotencyWindowMs)]);
    expect(outside.idsFrom).toEqual(at(0).ballot);
  });

  test("the limit is kept by dropping the oldest, however young", () => {
    let bytes = memoryFrom(ballotZero);
    for (let counter = 1; counter <= operationIdsMax + 2; counter++)
      bytes = remember(bytes, {
        id: `i${counter}`,
        ballot: { epoch: 1, counter, proposer: "p" },
        at: 0,
        effect: "created",
      });
    const { operations, idsFrom } = decode(bytes);
    expect(operations).toHaveLength(operationIdsMax);
    expect(operations[0]?.id).toBe("i3");
    expect(idsFrom.counter).toBe(2);
  });

  test("takes the longest ids, and some 40 bytes for the usual ones of one proposer", () => {
    const ballot = (counter: number): Ballot => ({
      epoch: 7,
      counter,
      proposer: "p".repeat(22),
    });
    const longest = "\u20ac".repeat(operationIdCharactersMax);
    expect(new TextEncoder().encode(longest)).toHaveLength(operationIdBytesMax);
    const idsOfLength = (id: string) =>
      Array.from({ length: operationIdsMax }, (_, counter) => {
        const ids = { id, ballot: ballot(counter) };
        return { ...ids, at: 1, effect: "changed" } as const;
      }).reduce(remember, memoryFrom(ballotZero));
    expect(decode(idsOfLength(longest)).operations[31]?.id).toBe(longest);
    const usual = idsOfLength("i".repeat(22));
    expect(usual.byteLength / operationIdsMax).toBeLessThan(43);
    expect(() => idsOfLength(`${longest}a`)).toThrow(RangeError);
  });
});

describe("recall", () => {
  test("finds the operation of an id, and what may have been forgotten", () => {
    check(
      fc.property(
        fc.array(operation, { maxLength: operationIdsMax }),
        smallBallot,
        (operations, idsFrom) => {
          const bytes = operations.reduce(remember, memoryFrom(idsFrom));
          const kept = decode(bytes);
          for (const id of ["a", "b", "ab", "\u{1f600}", "\u00e9", "c", ""]) {
            const recalled = recall(bytes, id);
            expect(recalled?.idsFrom).toEqual(kept.idsFrom);
            expect(recalled?.decided).toEqual(
              kept.operations.findLast((known) => known.id === id),
            );
          }
        },
      ),
    );
  });
});

describe("bytes that are no memory", () => {
  const ballot = { epoch: 1, counter: 2, proposer: "p" };
  const one = encodeMemory({
    operations: [{ id: "i", ballot, at: 3, effect: "none" }],
    idsFrom: ballot,
  });
  /** Its number begins at byte 27 of the operation, as 3f f0: with another first byte it is infinite. */
  const numbered = encodeMemory({
    operations: [{ id: "i", ballot, at: 3, effect: "changed", number: 1 }],
    idsFrom: ballot,
  });
  /** The bytes with a number at a place. */
  const withNumber = (at: number, number: number) => {
    const bytes = one.slice();
    new DataView(bytes.buffer).setFloat64(at, number);
    return bytes;
  };
  const withByte = (at: number, byte: number) => one.with(at, byte);
  const headBytes = memoryFrom(ballot).byteLength;

  test.each([
    ["none at all", new Uint8Array()],
    ["another version", withByte(0, 2)],
    ["a counter above 2^52", withNumber(1, 2 * counterMax)],
    ["a counter that is no number", withNumber(1, Number.NaN)],
    ["half an epoch", withNumber(9, 0.5)],
    ["a proposer that is too long", withByte(17, 23)],
    ["a proposer with a control character", withByte(18, 10)],
    ["an effect that is none", withByte(headBytes, 32)],
    ["a first operation that refers to one before", withByte(headBytes, 8)],
    ["a negative counter of an operation", withNumber(headBytes + 1, -1)],
    [
      "a time without end",
      withNumber(headBytes + 19, Number.POSITIVE_INFINITY),
    ],
    ["a number that is none", numbered.with(headBytes + 27, 0xff)],
    ["an empty id", withByte(headBytes + 28, 0)],
    ["an id that is too long", withByte(headBytes + 27, 4)],
    ["bytes behind the end", Uint8Array.of(...one, 0)],
    [
      "too many operations",
      Uint8Array.of(
        ...one.subarray(0, headBytes),
        ...Array.from({ length: operationIdsMax + 1 }, () => [
          ...one.subarray(headBytes),
        ]).flat(),
      ),
    ],
  ])("%s", (_, bytes) => {
    expect(isMemory(bytes)).toBe(false);
    expect(decodeMemory(bytes)).toBeUndefined();
    expect(recall(bytes, "i")).toBeUndefined();
  });

  test("cut off anywhere", () => {
    expect(isMemory(one)).toBe(true);
    for (let length = 0; length < one.length; length++)
      expect(isMemory(one.subarray(0, length))).toBe(length === headBytes);
  });

  test("damaged ones are none, or are whole; reading them never throws", () => {
    let readCount = 0;
    check(
      fc.property(damagedBytes(anyMemory), (bytes) => {
        const memory = decodeMemory(bytes);
        expect(isMemory(bytes)).toBe(memory !== undefined);
        if (!memory) return;
        readCount++;
        const next = { id: "n", ballot, at: 0, effect: "none" } as const;
        expect(isMemory(remember(bytes, next))).toBe(true);
      }),
      2_000,
    );
    expect(readCount).toBeGreaterThan(0);
  });
});
