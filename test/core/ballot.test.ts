/** Ballots are totally ordered by epoch, counter, proposer (arXiv 1802.07000, section 2.2), and have one text form. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  ballotZero,
  compareBallots,
  epochStart,
  formatBallot,
  isZero,
  maxBallot,
  parseBallot,
  sameBallot,
} from "../../src/core/ballot.ts";
import { anyBallot, smallBallot } from "./arbitraries.ts";
import { check } from "./check.ts";

const sign = (a: Parameters<typeof compareBallots>[0], b: typeof a) =>
  Math.sign(compareBallots(a, b));

describe("the order of ballots", () => {
  test("is total: reflexive, antisymmetric, transitive, connex", () => {
    check(
      fc.property(smallBallot, smallBallot, smallBallot, (a, b, c) => {
        expect(compareBallots(a, a)).toBe(0);
        expect(sign(a, b) + sign(b, a)).toBe(0);
        expect(sameBallot(a, b)).toBe(
          a.epoch === b.epoch &&
            a.counter === b.counter &&
            a.proposer === b.proposer,
        );
        expect(sameBallot(a, b)).toBe(compareBallots(a, b) === 0);
        if (compareBallots(a, b) <= 0 && compareBallots(b, c) <= 0)
          expect(compareBallots(a, c)).toBeLessThanOrEqual(0);
      }),
      2_000,
    );
  });

  test("is by epoch, then counter, then proposer, at every size", () => {
    const low = { epoch: 1, counter: 9, proposer: "z" };
    const ascending = [
      ballotZero,
      low,
      { epoch: 2, counter: 0, proposer: "" },
      { epoch: 2, counter: 0, proposer: "A" },
      { epoch: 2, counter: 0, proposer: "a" },
      { epoch: 2, counter: 2 ** 52 - 1, proposer: "" },
      { epoch: 2, counter: 2 ** 52, proposer: "" },
      { epoch: 10, counter: 0, proposer: "" },
    ];
    ascending.forEach((a, i) => {
      ascending.forEach((b, j) => {
        expect(sign(a, b)).toBe(Math.sign(i - j));
      });
    });
  });

  test("maxBallot is the upper bound, commutative and associative", () => {
    check(
      fc.property(smallBallot, smallBallot, smallBallot, (a, b, c) => {
        const max = maxBallot(a, b);
        expect([a, b]).toContain(max);
        expect(compareBallots(max, a)).toBeGreaterThanOrEqual(0);
        expect(compareBallots(max, b)).toBeGreaterThanOrEqual(0);
        expect(max).toEqual(maxBallot(b, a));
        expect(maxBallot(max, c)).toEqual(maxBallot(a, maxBallot(b, c)));
      }),
    );
  });

  test("epochStart parts the epochs: above all of the earlier, below all of its own that are proposed", () => {
    check(
      fc.property(anyBallot, fc.nat(), (ballot, epoch) => {
        fc.pre(ballot.proposer !== "");
        expect(sign(ballot, epochStart(epoch))).toBe(
          ballot.epoch < epoch ? -1 : 1,
        );
      }),
    );
  });

  test("zero is below everything that is proposed", () => {
    expect(isZero(ballotZero)).toBe(true);
    expect(isZero(epochStart(0))).toBe(true);
    check(
      fc.property(anyBallot, (ballot) => {
        expect(compareBallots(ballotZero, ballot)).toBeLessThanOrEqual(0);
        expect(isZero(ballot)).toBe(ballot.epoch === 0 && ballot.counter === 0);
      }),
    );
  });
});

describe("the text form", () => {
  test("is told apart for different ballots, and parsed back", () => {
    check(
      fc.property(anyBallot, anyBallot, (a, b) => {
        expect(parseBallot(formatBallot(a))).toEqual(a);
        expect(formatBallot(a) === formatBallot(b)).toBe(sameBallot(a, b));
      }),
      1_000,
    );
  });

  test("is frozen, for clients keep ETags", () => {
    const ballot = { epoch: 3, counter: 17, proposer: "aB-_9" };
    expect(formatBallot(ballot)).toBe("3-17-aB-_9");
    expect(parseBallot("3-17-aB-_9")).toEqual(ballot);
    expect(formatBallot(ballotZero)).toBe("0-0-");
  });

  test.each([
    "",
    "1",
    "1-2",
    "-1-2-a",
    "1--2-a",
    "1-2-a b",
    "1-2-a\n",
    "1.5-2-a",
    "1e3-2-a",
    "9007199254740993-0-a",
    "1-9007199254740992-a",
    "1-2-aaaaaaaaaaaaaaaaaaaaaaa",
    '"1-2-a"',
  ])("%j is no ballot", (text) => {
    expect(parseBallot(text)).toBeUndefined();
  });

  test("any other text is no ballot, or the text of the ballot it gives", () => {
    const nearly = fc
      .array(fc.constantFrom("0", "1", "9", "-", "a", " ", "+"), {
        maxLength: 9,
      })
      .map((characters) => characters.join(""));
    check(
      fc.property(nearly, (text) => {
        const ballot = parseBallot(text);
        const normal = text.replace(/^0+(?=\d)/, "").replace(/-0+(?=\d)/, "-");
        if (ballot) expect(formatBallot(ballot)).toBe(normal);
      }),
      2_000,
    );
  });
});
