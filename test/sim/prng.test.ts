/** The seeded generator: the reference's numbers, repetition, and evenness. */
import { describe, expect, test } from "vitest";
import { createPrng, xoshiro128 } from "../../src/sim/prng.ts";

function draw(count: number, from: () => number): number[] {
  return Array.from({ length: count }, from);
}

describe("xoshiro128**", () => {
  test("gives the reference implementation's numbers", () => {
    expect(draw(10, xoshiro128([1, 2, 3, 4]))).toEqual([
      11520, 0, 5927040, 70819200, 2031721883, 1637235492, 1287239034,
      3734860849, 3729100597, 4258142804,
    ]);
  });
});

describe("a seeded generator", () => {
  test("repeats itself for the same seed, and only for the same", () => {
    const numbers = (seed: number | string) => draw(8, createPrng(seed).next);
    expect(numbers(7)).toEqual(numbers(7));
    const all = draw(1000, () => 0).map((_, seed) => numbers(seed).join());
    expect(new Set(all).size).toBe(1000);
  });

  test("its forks depend on the seed and the label, not on what was drawn", () => {
    const drawn = createPrng(1);
    drawn.next();
    const fork = drawn.fork("disk").next();
    expect(fork).toBe(createPrng(1).fork("disk").next());
    expect(fork).not.toBe(createPrng(1).fork("network").next());
    expect(fork).not.toBe(createPrng(2).fork("disk").next());
  });

  test("is even: fractions, whole numbers, bytes and chances", () => {
    const random = createPrng("even");
    const fractions = draw(20_000, random.fraction);
    expect(fractions.every((each) => each >= 0 && each < 1)).toBe(true);
    expect(mean(fractions)).toBeCloseTo(0.5, 1.5);
    const counts = new Array(6).fill(0);
    for (const die of draw(60_000, () => random.below(6))) counts[die]++;
    for (const count of counts)
      expect(Math.abs(count - 10_000)).toBeLessThan(500);
    const bytes = random.bytes(20_000);
    expect(Math.abs(mean([...bytes]) - 127.5)).toBeLessThan(3);
    expect(new Set(bytes).size).toBe(256);
    const hits = draw(20_000, () => Number(random.chance(0.1)));
    expect(mean(hits)).toBeCloseTo(0.1, 1.5);
    const between = draw(1_000, () => random.between(5, 9));
    expect(Math.min(...between)).toBeGreaterThanOrEqual(5);
    expect(Math.max(...between)).toBeLessThan(9);
  });

  test("draws nothing for what cannot happen", () => {
    const [one, other] = [createPrng(3), createPrng(3)];
    expect(one.chance(0)).toBe(false);
    expect(one.next()).toBe(other.next());
  });

  test("refuses what has no answer", () => {
    const random = createPrng(4);
    expect(() => random.below(0)).toThrow(RangeError);
    expect(() => random.pick([])).toThrow(RangeError);
    expect(random.pick(["only"])).toBe("only");
  });
});

function mean(numbers: readonly number[]): number {
  return numbers.reduce((sum, each) => sum + each, 0) / numbers.length;
}
