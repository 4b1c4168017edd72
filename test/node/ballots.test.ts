/** Ballots of eventual rings: by the clock where it runs, ahead of everything met wherever it stands. */
import { expect, test } from "vitest";
import { compareBallots } from "../../src/core/ballot.ts";
import { counterMetMax } from "../../src/core/limits.ts";
import { createBallots } from "../../src/node/ballots.ts";
import { systemRandom } from "./cluster.ts";

const now = Date.UTC(2026, 0, 1);

test("two processes that know nothing of one another are ordered by their clocks", () => {
  const [early, late] = [
    createBallots(systemRandom),
    createBallots(systemRandom),
  ];
  for (let i = 0; i < 100; i++) early.stamp(now);
  expect(compareBallots(late.stamp(now + 1), early.stamp(now))).toBeGreaterThan(
    0,
  );
});

test("a clock that stands still, runs back or is far ahead hands out no ballot twice, nor one below another", () => {
  const ballots = createBallots(systemRandom);
  const clocks = [
    now,
    now,
    now - 1e9,
    Number.MAX_SAFE_INTEGER,
    0,
    -5,
    now + 0.5,
  ];
  const stamps = clocks.map((clock) => ballots.stamp(clock));
  for (const [index, stamp] of stamps.entries()) {
    const before = stamps[index - 1];
    expect(stamp.epoch).toBe(0);
    expect(Number.isSafeInteger(stamp.counter)).toBe(true);
    if (before) expect(compareBallots(stamp, before)).toBeGreaterThan(0);
  }
});

test("whoever has met a ballot is ahead of it, however slow the own clock, even of one from the year 200,000", () => {
  const wrong = createBallots(systemRandom).stamp(Number.MAX_SAFE_INTEGER);
  expect(wrong.counter).toBeLessThan(counterMetMax / 2);
  const ballots = createBallots(systemRandom);
  ballots.observe(wrong);
  expect(compareBallots(ballots.stamp(0), wrong)).toBeGreaterThan(0);
});
