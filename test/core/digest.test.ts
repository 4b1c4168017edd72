/** Digests of a partition: equal for equal sets of accepted states, in whatever order they are met (design, section 4: repair). */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Ballot } from "../../src/core/ballot.ts";
import {
  addToDigest,
  type Digest,
  digestEmpty,
  formatDigest,
} from "../../src/core/digest.ts";
import { anyBallot } from "./arbitraries.ts";
import { check } from "./check.ts";

type Accepted = [name: string, accepted: Ballot];

function digestOf(records: readonly Accepted[]): string {
  const digest = records.reduce<Digest>(
    (sum, [name, accepted]) => addToDigest(sum, name, accepted),
    digestEmpty,
  );
  return formatDigest(digest);
}

const name = fc.string({
  unit: fc.constantFrom("k", "-", "a", "1", "f"),
  minLength: 1,
  maxLength: 8,
});
const records = fc.uniqueArray(fc.tuple(name, anyBallot), {
  minLength: 1,
  maxLength: 20,
  selector: ([first]) => first,
});

describe("a digest", () => {
  test("does not depend on the order of the records", () => {
    check(
      fc.property(records, fc.array(fc.nat()), (held, picks) => {
        const shuffled = [...held];
        picks.forEach((pick, index) => {
          const from = index % shuffled.length;
          const to = pick % shuffled.length;
          const moved = shuffled[from];
          const other = shuffled[to];
          if (!moved || !other) return;
          shuffled[to] = moved;
          shuffled[from] = other;
        });
        expect(digestOf(shuffled)).toBe(digestOf(held));
      }),
    );
  });

  test("differs when a record is missing, another, or accepted at another ballot", () => {
    check(
      fc.property(records, fc.nat(), anyBallot, (held, pick, ballot) => {
        const at = pick % held.length;
        const digest = digestOf(held);
        expect(digestOf(held.toSpliced(at, 1))).not.toBe(digest);
        const [here, accepted] = held[at] ?? ["", ballot];
        const renamed: Accepted = [`${here}x`, accepted];
        expect(digestOf(held.with(at, renamed))).not.toBe(digest);
        const later: Accepted = [
          here,
          { ...accepted, counter: accepted.counter ^ 1 },
        ];
        expect(digestOf(held.with(at, later))).not.toBe(digest);
      }),
    );
  });

  test("is frozen: replicas of two versions compare theirs", () => {
    const accepted = { epoch: 2, counter: 7, proposer: "p" };
    expect(digestOf([])).toBe("0-0-0");
    expect(
      digestOf([
        ["k-a", accepted],
        ["k-b", { ...accepted, counter: 8 }],
      ]),
    ).toMatchInlineSnapshot(`"2-9dbddcfe-3008d739"`);
  });
});
