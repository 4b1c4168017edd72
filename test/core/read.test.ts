/** The fast read (design, section 4): every order of answers for three replicas, and what each outcome means. */
import { describe, expect, test } from "vitest";
import {
  ballotZero,
  compareBallots,
  maxBallot,
  sameBallot,
} from "../../src/core/ballot.ts";
import { isReached, type Quorum } from "../../src/core/quorum.ts";
import { beginRead, stepRead } from "../../src/core/read.ts";
import {
  allCourses,
  at,
  type Course,
  decidedOf,
  entryOf,
  epoch,
  ids,
  living,
  one,
  type Replica,
  situations,
} from "./read-courses.ts";

describe("in every course, of every situation of three replicas", () => {
  /** 216 situations, each in all the orders in which answers and the hedge can come. */
  function forEachEnd(
    judge: (end: Course, replicas: Readonly<Record<string, Replica>>) => void,
  ): number {
    let count = 0;
    for (const replicas of situations())
      for (const end of allCourses(one, ["a", "b"], replicas)) {
        judge(end, replicas);
        count++;
      }
    return count;
  }

  test("an entry or an absence is told only when a majority is known to hold it as the highest", () => {
    const count = forEachEnd(({ outcome, resentTo, state }, replicas) => {
      if (outcome?.kind !== "found" && outcome?.kind !== "absent") return;
      const told =
        outcome.kind === "found" ? outcome.entry.revision : ballotZero;
      const holders = living(replicas).flatMap(
        ([id, { accepted, refuses }]) => {
          const isResent = sameBallot(state.resent, told);
          const tookIt = isResent && resentTo.includes(id) && !refuses;
          return sameBallot(accepted, told) || tookIt ? [id] : [];
        },
      );
      expect(isReached(one, holders)).toBe(true);
      // What a majority held before the read began is never missed (promise 1).
      const decided = decidedOf(replicas);
      if (decided)
        expect(compareBallots(told, decided)).toBeGreaterThanOrEqual(0);
    });
    expect(count).toBeGreaterThan(1_000);
  });

  test("unreachable means that no majority answers, and nothing was re-sent", () => {
    forEachEnd(({ outcome, resentTo }, replicas) => {
      if (outcome?.kind === "unreachable") {
        expect(living(replicas).length).toBeLessThan(2);
        expect(resentTo).toEqual([]);
      }
      if (living(replicas).length < 2)
        expect(outcome?.kind).toBe("unreachable");
    });
  });

  test("undecided is left to a refresh only when agreement could not be had", () => {
    forEachEnd(({ outcome, resentTo, waiting, state }, replicas) => {
      if (outcome?.kind !== "undecided") return;
      const alive = living(replicas);
      const top = alive.reduce(
        (max, [, { accepted }]) => maxBallot(max, accepted),
        ballotZero,
      );
      const isOld = top.epoch !== epoch;
      const wasRefused = alive.some(
        ([id, { refuses }]) => refuses && resentTo.includes(id),
      );
      // It may not wait for those who take long, or know of them too late.
      const wasHasty =
        state.isHedged &&
        (waiting.length > 0 || state.replies.length === alive.length);
      expect(isOld || wasRefused || wasHasty).toBe(true);
    });
  });

  test("an accept is re-sent once, of this epoch, to those who are behind and nobody else", () => {
    forEachEnd(({ resentTo }, replicas) => {
      expect(new Set(resentTo).size).toBe(resentTo.length);
      if (resentTo.length === 0) return;
      const top = living(replicas).reduce(
        (max, [, { accepted }]) => maxBallot(max, accepted),
        ballotZero,
      );
      expect(top.epoch).toBe(epoch);
      for (const id of resentTo)
        expect(compareBallots(replicas[id]?.accepted ?? top, top)).toBeLessThan(
          0,
        );
    });
  });

  test("an entry is asked for of each replica at most twice: in the first wave, and when its ballot turned out to be the top", () => {
    forEachEnd(({ entriesAskedOf }) => {
      for (const id of ids)
        expect(
          entriesAskedOf.filter((asked) => asked === id).length,
        ).toBeLessThanOrEqual(2);
    });
  });
});

describe("the steps of a read", () => {
  const courses = (
    replicas: Readonly<Record<string, Replica>>,
    hedges = false,
  ) => allCourses(one, ["a", "b"], replicas, { hedges });
  const kinds = (ends: readonly Course[]) =>
    new Set(ends.map(({ outcome }) => outcome?.kind));

  test("asks the first for the entry and the second for its ballot alone, and answers when they agree", () => {
    const { effects } = beginRead({
      quorum: one,
      epoch,
      firstWave: ["a", "b"],
    });
    expect(effects).toEqual([
      { kind: "send-read", to: ["a"], withEntry: true },
      { kind: "send-read", to: ["b"], withEntry: false },
    ]);
    const state = { accepted: at(1) };
    const ends = courses({ a: state, b: state, c: { accepted: ballotZero } });
    expect(kinds(ends)).toEqual(new Set(["found"]));
    expect(ends.every(({ state: { asked } }) => !asked.includes("c"))).toBe(
      true,
    );
  });

  test("asks the third when the first two differ", () => {
    const ends = courses({
      a: { accepted: at(1) },
      b: { accepted: at(2) },
      c: { accepted: at(2) },
    });
    expect(kinds(ends)).toEqual(new Set(["found"]));
    expect(ends.every(({ state: { asked } }) => asked.includes("c"))).toBe(
      true,
    );
  });

  test("asks the third when one of the first two fails", () => {
    const state = { accepted: at(1) };
    const ends = courses({ a: { ...state, isDead: true }, b: state, c: state });
    expect(kinds(ends)).toEqual(new Set(["found"]));
  });

  test("fetches the entry from a holder when the one that was asked for it is behind", () => {
    const ends = courses({
      a: { accepted: at(1) },
      b: { accepted: at(2) },
      c: { accepted: at(2) },
    });
    for (const { outcome, entriesAskedOf } of ends) {
      expect(outcome).toEqual({ kind: "found", entry: entryOf(at(2)) });
      expect(entriesAskedOf).toHaveLength(2);
      expect(entriesAskedOf[1]).toMatch(/[bc]/);
    }
  });

  test("re-sends the highest accept to those behind when two answer and differ, then answers with it", () => {
    const ends = courses({
      a: { accepted: at(1) },
      b: { accepted: at(2) },
      c: { accepted: ballotZero, isDead: true },
    });
    for (const { outcome, resentTo } of ends) {
      expect(outcome).toEqual({ kind: "found", entry: entryOf(at(2)) });
      expect(resentTo).toEqual(["a"]);
    }
  });

  test("never answers with the highest value when it was refused: a refresh has to settle it (design: 1,070 of 90,000)", () => {
    const ends = courses({
      a: { accepted: at(1), refuses: true },
      b: { accepted: at(2) },
      c: { accepted: ballotZero, isDead: true },
    });
    expect(kinds(ends)).toEqual(new Set(["undecided"]));
  });

  test("does not re-send what an earlier epoch accepted", () => {
    const ends = courses({
      a: { accepted: ballotZero },
      b: { accepted: at(9, 1) },
      c: { accepted: ballotZero, isDead: true },
    });
    expect(kinds(ends)).toEqual(new Set(["undecided"]));
    expect(ends.every(({ resentTo }) => resentTo.length === 0)).toBe(true);
  });

  test("whose holder has moved on when its entry is fetched takes the newer state into account", () => {
    const begun = beginRead({ quorum: one, epoch, firstWave: ids });
    const told = [
      { from: "a", accepted: ballotZero },
      { from: "b", accepted: at(2) },
      { from: "c", accepted: at(2) },
    ];
    let step = begun;
    for (const state of told)
      step = stepRead(step.state, { kind: "state", ...state });
    expect(step.effects).toEqual([
      { kind: "send-read", to: ["b"], withEntry: true },
    ]);
    step = stepRead(step.state, {
      kind: "state",
      from: "b",
      accepted: at(3),
      entry: entryOf(at(3)),
    });
    // One holder of the newest is no majority: it is re-sent, and not told before that.
    expect(step.effects).toEqual([
      {
        kind: "send-accept",
        to: ["a", "c"],
        ballot: at(3),
        entry: entryOf(at(3)),
      },
    ]);
  });

  test("finds a majority without an accept, and none seen, absent", () => {
    const nothing = { accepted: ballotZero };
    expect(kinds(courses({ a: nothing, b: nothing, c: nothing }))).toEqual(
      new Set(["absent"]),
    );
    // One that was seen counts, though a majority has none.
    const seen = courses({ a: nothing, b: { accepted: at(1) }, c: nothing });
    expect(kinds(seen)).toEqual(new Set(["found"]));
  });

  test("asks the others at the hedge, once", () => {
    const begun = beginRead({ quorum: one, epoch, firstWave: ["a", "b"] });
    const hedged = stepRead(begun.state, { kind: "hedge" });
    expect(hedged.effects).toEqual([
      { kind: "send-read", to: ["c"], withEntry: false },
    ]);
    expect(stepRead(hedged.state, { kind: "hedge" }).effects).toEqual([]);
  });

  test("nothing happens any more once it has ended", () => {
    const nothing = { accepted: ballotZero };
    for (const { state } of courses({ a: nothing, b: nothing, c: nothing }))
      for (const event of [
        { kind: "hedge" },
        { kind: "failed", from: "c" },
        { kind: "state", from: "c", accepted: at(5) },
      ] as const)
        expect(stepRead(state, event)).toEqual({ state, effects: [] });
  });

  test("without anybody to ask it is unreachable", () => {
    const { effects } = beginRead({ quorum: one, epoch, firstWave: [] });
    expect(effects).toEqual([
      { kind: "end", outcome: { kind: "unreachable" } },
    ]);
  });
});

describe("a read under a joint layout", () => {
  const joint: Quorum = [["a"], ["a", "b", "c"]];

  test("needs a majority of both sides in every course", () => {
    const held = { accepted: at(1) };
    const behind = { accepted: ballotZero };
    for (const a of [held, behind])
      for (const b of [held, behind, { ...held, isDead: true }])
        for (const c of [held, behind, { ...held, isDead: true }])
          for (const { outcome, resentTo } of allCourses(joint, ["a", "b"], {
            a,
            b,
            c,
          })) {
            if (outcome?.kind === "unreachable") {
              expect([b, c].every((replica) => "isDead" in replica)).toBe(true);
              continue;
            }
            const told = outcome?.kind === "found" ? at(1) : ballotZero;
            expect(["found", "absent"]).toContain(outcome?.kind);
            const holders = Object.entries({ a, b, c }).flatMap(
              ([id, replica]) =>
                !("isDead" in replica) &&
                (sameBallot(replica.accepted, told) || resentTo.includes(id))
                  ? [id]
                  : [],
            );
            expect(isReached(joint, holders)).toBe(true);
          }
  });
});
