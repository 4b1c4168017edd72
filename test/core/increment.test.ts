/** Increments: which values are numbers, what comes of adding to them, and what the key keeps. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Entry } from "../../src/core/entry.ts";
import { numberTextBytesMax } from "../../src/core/limits.ts";
import { addNumbers, numberIn, numberText } from "../../src/core/number.ts";
import { anyNumber } from "./arbitraries.ts";
import { check } from "./check.ts";
import { memoryOf } from "./memories.ts";
import {
  apply,
  at,
  ballot,
  increment,
  now,
  operationsOf,
  past,
  put,
  withoutValue,
} from "./operation-cases.ts";

const bytesOf = (text: string) => new TextEncoder().encode(text);
/** A key whose value is this text. */
const holding = (text: string, more: Partial<Entry> = {}): Entry => ({
  ...past,
  value: bytesOf(text),
  contentType: "text/plain",
  metadata: '{"m":1}',
  createdAt: 800,
  modifiedAt: 900,
  ...more,
});

describe("a value is a number", () => {
  test.each([
    ["5", 5],
    ["-0.25", -0.25],
    ["1e3", 1000],
    [" 7\r\n", 7],
    ["-0", -0],
    ["9007199254740993", 9007199254740992],
  ])("when it is the JSON text of one: %j", (text, number) => {
    expect(numberIn(bytesOf(text))).toBe(number);
  });

  test.each([
    "",
    " ",
    "five",
    "05",
    "+5",
    "0x5",
    ".5",
    "5,",
    "NaN",
    "Infinity",
    "1e999",
    "null",
    "true",
    '"5"',
    "[5]",
    "\uFEFF5",
    "5".repeat(numberTextBytesMax + 1),
  ])("and not otherwise: %j", (text) => {
    expect(numberIn(bytesOf(text))).toBeUndefined();
  });

  test("nor when it is no UTF-8", () => {
    expect(numberIn(Uint8Array.of(0x35, 0xff))).toBeUndefined();
  });

  test("any number is read back as it was written", () => {
    check(
      fc.property(anyNumber, (number) => {
        expect(numberIn(numberText(number))).toBe(number);
      }),
    );
  });
});

describe("a sum", () => {
  const whole = fc.integer({ min: -(2 ** 54), max: 2 ** 54 });

  test("of whole numbers is exact, or there is none", () => {
    check(
      fc.property(whole, whole, (a, b) => {
        const exact = BigInt(a) + BigInt(b);
        const isSafe = [BigInt(a), BigInt(b), exact].every(
          (each) => each >= -(2n ** 53n - 1n) && each < 2n ** 53n,
        );
        const sum = addNumbers(a, b, {});
        expect(sum === undefined ? undefined : BigInt(sum)).toBe(
          isSafe ? exact : undefined,
        );
      }),
    );
  });

  test("of others is finite, or there is none", () => {
    expect(addNumbers(0.1, 0.2, {})).toBe(0.1 + 0.2);
    expect(addNumbers(1e308, 0.5, {})).toBe(1e308);
    expect(addNumbers(1e308, 1e308, {})).toBeUndefined();
    expect(addNumbers(-0, -0, {})).toBe(0);
  });

  test.each([
    [5, 1, { max: 6 }, 6],
    [5, 1, { max: 5 }, undefined],
    [5, -1, { min: 4 }, 4],
    [5, -1, { min: 5 }, undefined],
    // On the way back into the bounds it has to get there.
    [9, -1, { max: 5 }, undefined],
    [9, -4, { max: 5 }, 5],
  ])("%d + %d within %j", (number, by, bounds, sum) => {
    expect(addNumbers(number, by, bounds)).toBe(sum);
  });
});

describe("an increment", () => {
  test.each(withoutValue)("counts %s as 0, and its time begins", (state) => {
    const { entry, answer } = apply(state, increment({ by: 3, ttlMs: 60 }));
    const expiresAt = now + 60;
    expect(answer).toEqual({
      kind: "applied",
      revision: ballot,
      created: true,
      number: 3,
      expiresAt,
    });
    expect(entry).toMatchObject({
      value: bytesOf("3"),
      contentType: "application/json",
      createdAt: now,
      modifiedAt: now,
      expiresAt,
    });
    expect(entry).not.toHaveProperty("metadata");
  });

  test("keeps the time and the metadata of what is there", () => {
    const current = holding("5", { expiresAt: 2_000 });
    const { entry, answer } = apply("", increment({ ttlMs: 60 }), { current });
    expect(answer).toEqual({
      kind: "applied",
      revision: ballot,
      created: false,
      number: 6,
      expiresAt: 2_000,
    });
    expect(entry).toMatchObject({
      value: bytesOf("6"),
      contentType: "application/json",
      metadata: '{"m":1}',
      createdAt: 800,
      expiresAt: 2_000,
    });
  });

  test("of what is no number changes nothing, and is remembered", () => {
    const current = holding("five");
    const { entry, answer } = apply("", increment(), { current });
    expect(answer).toEqual({ kind: "not-a-number" });
    expect({ ...entry, memory: past.memory }).toEqual(current);
    expect(operationsOf(entry)?.at(-1)).toEqual({
      id: "x",
      ballot,
      at: now,
      effect: "not-a-number",
    });
  });

  test("beyond its bounds changes nothing, tells the number, and is remembered with it", () => {
    const current = holding("5");
    const beyond = increment({ max: 5 });
    const first = apply("", beyond, { current });
    expect(first.answer).toEqual({ kind: "out-of-bounds", number: 5 });
    expect({ ...first.entry, memory: past.memory }).toEqual(current);
    // Whatever the number has become meanwhile.
    const memory = first.entry?.memory ?? past.memory;
    const later = { current: holding("1", { memory }), ballot: at(60) };
    expect(apply("", beyond, later).answer).toEqual(first.answer);
    expect(apply("absent", increment({ min: 2 })).answer).toEqual({
      kind: "out-of-bounds",
      number: 0,
    });
  });

  test("under a condition that does not hold is refused before anything is read", () => {
    const conditions = { ifMatch: ["2-1-q"] };
    const current = holding("five");
    expect(apply("", increment({ conditions }), { current }).answer).toEqual({
      kind: "condition-failed",
      revision: at(20),
    });
  });

  test("that comes again is answered with the number of the first time, and counts once", () => {
    const first = apply("", increment(), { current: holding("5") });
    const second = apply("", increment({ id: "y" }), {
      ...(first.entry && { current: first.entry }),
      ballot: at(60),
    });
    expect(second.answer).toMatchObject({ number: 7 });
    const again = apply("", increment(), {
      ...(second.entry && { current: second.entry }),
      ballot: at(70),
      mayRepeat: true,
    });
    expect(again.entry).toBe(second.entry);
    expect(again.answer).toEqual({
      kind: "applied",
      revision: ballot,
      created: false,
      number: 6,
    });
  });

  test("costs eight bytes more than another operation", () => {
    const bytesAfter = (operation: Parameters<typeof apply>[1]) => {
      const { entry } = apply("present", operation);
      if (entry) memoryOf(entry);
      return entry?.memory.byteLength ?? 0;
    };
    const counted = apply("", increment(), { current: holding("5") }).entry;
    expect(counted?.memory.byteLength).toBe(bytesAfter(put()) + 8);
  });
});
