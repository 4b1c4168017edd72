/** Majorities of one set, and of the old and the new set together (design, section 3: joint layouts). */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  isReachable,
  isReached,
  leastWave,
  membersOf,
  type Quorum,
} from "../../src/core/quorum.ts";
import { check } from "./check.ts";

const ids = ["a", "b", "c", "d", "e", "f"];
const someIds = fc.subarray(ids);
const set = fc.subarray(ids, { minLength: 1 });
const quorum: fc.Arbitrary<Quorum> = fc.oneof(
  set.map((one) => [one]),
  fc.tuple(set, set),
);

/** The rule in words: more than half of every set. */
function isMajorityOfAll(sets: Quorum, granted: readonly string[]): boolean {
  return sets.every(
    (one) =>
      one.filter((id) => granted.includes(id)).length >
      Math.floor(one.length / 2),
  );
}

describe("isReached", () => {
  test("is a majority of every set, whoever else granted and however often", () => {
    check(
      fc.property(quorum, someIds, (sets, granted) => {
        const expected = isMajorityOfAll(sets, granted);
        expect(isReached(sets, granted)).toBe(expected);
        const noisy = [...granted, ...granted, "stranger"];
        expect(isReached(sets, noisy)).toBe(expected);
      }),
      2_000,
    );
  });

  test("two quorums of one set, or of two layouts that share a set, have a member in common", () => {
    check(
      fc.property(
        fc.tuple(set, set),
        someIds,
        someIds,
        ([old, next], one, other) => {
          const joint = [old, next];
          // Old and joint, joint and joint, joint and new: what each step of a membership change relies on.
          for (const [first, second] of [
            [[old], [old]],
            [[old], joint],
            [joint, joint],
            [joint, [next]],
          ] as const) {
            fc.pre(isReached(first, one) && isReached(second, other));
            expect(one.some((id) => other.includes(id))).toBe(true);
          }
        },
      ),
      200,
    );
  });

  test("an empty set has no majority", () => {
    expect(isReached([[]], ids)).toBe(false);
    expect(isReached([["a"], []], ids)).toBe(false);
    expect(isReachable([[]], [])).toBe(false);
  });

  test.each([
    { size: 1, needed: 1 },
    { size: 2, needed: 2 },
    { size: 3, needed: 2 },
    { size: 4, needed: 3 },
    { size: 5, needed: 3 },
  ])("of $size members $needed are needed", ({ size, needed }) => {
    const one = ids.slice(0, size);
    expect(isReached([one], one.slice(0, needed))).toBe(true);
    expect(isReached([one], one.slice(0, needed - 1))).toBe(false);
  });
});

describe("isReachable", () => {
  test("as long as those that have not failed would reach it", () => {
    check(
      fc.property(quorum, someIds, (sets, failed) => {
        const left = ids.filter((id) => !failed.includes(id));
        expect(isReachable(sets, failed)).toBe(isReached(sets, left));
        expect(isReachable(sets, [...failed, ...failed])).toBe(
          isReachable(sets, failed),
        );
      }),
      2_000,
    );
  });
});

describe("membersOf and leastWave", () => {
  test("everyone once, in the order of the sets", () => {
    expect(
      membersOf([
        ["c", "a"],
        ["b", "a", "d"],
      ]),
    ).toEqual(["c", "a", "b", "d"]);
    check(
      fc.property(quorum, (sets) => {
        const members = membersOf(sets);
        expect(new Set(members)).toEqual(new Set(sets.flat()));
        expect(new Set(members).size).toBe(members.length);
      }),
    );
  });

  test("the wave is the shortest beginning of the order that reaches the quorum", () => {
    check(
      fc.property(
        quorum,
        fc.shuffledSubarray(ids, { minLength: ids.length }),
        (sets, order) => {
          const wave = leastWave(sets, order);
          expect(wave).toEqual(order.slice(0, wave.length));
          expect(isReached(sets, wave)).toBe(true);
          expect(isReached(sets, wave.slice(0, -1))).toBe(false);
        },
      ),
    );
  });

  test("when the order cannot reach it, the wave is all of it", () => {
    expect(leastWave([["a", "b", "c"]], ["a"])).toEqual(["a"]);
  });
});
