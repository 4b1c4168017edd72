/** What a person is shown of a violation: the few operations that matter, and their intervals as a picture. */
import { describe, expect, test } from "vitest";
import { checkHistory } from "../../src/sim/check-history.ts";
import type { Operation } from "../../src/sim/history.ts";
import { intervalPicture } from "../../src/sim/interval-picture.ts";
import { shrinkHistory } from "../../src/sim/shrink-history.ts";
import { knownHistories, knownHistory } from "./history-files.ts";
import { longHistory, withStaleRead } from "./long-history.ts";

const bad = knownHistories.filter(({ name }) => name.startsWith("bad-"));

function violationOf(history: readonly Operation[]) {
  const verdict = checkHistory(history);
  if (verdict.kind !== "violation") throw new Error(verdict.kind);
  return verdict;
}

describe("shrinking", () => {
  test("a stale read in a long history comes down to three operations", () => {
    const { history, stale } = withStaleRead(
      longHistory({
        seed: 5,
        operationCount: 400,
        clientCount: 5,
        unknownCount: 8,
        conditional: 0.2,
        expiring: 0.05,
      }),
    );
    const violation = violationOf(history);
    const shrunk = shrinkHistory(history, violation);
    expect(shrunk).toContain(violation.stuck);
    expect(violation.stuck.id).toBe(stale);
    expect(shrunk.length).toBeLessThanOrEqual(3);
    expect(checkHistory(shrunk).kind).toBe("violation");
  });

  test.each(bad)(
    "$name stays a violation, and loses nothing more",
    ({ operations }) => {
      const violation = violationOf(operations);
      const shrunk = shrinkHistory(operations, violation);
      expect(operations).toEqual(expect.arrayContaining([...shrunk]));
      expect(shrunk).toContain(violation.stuck);
      const again = shrinkHistory(shrunk, violationOf(shrunk));
      expect(again).toEqual(shrunk);
    },
  );

  test("other keys, and what was called later, are left out", () => {
    const { operations } = knownHistory("bad-stale-read");
    const more = operations.flatMap((each) => [
      each,
      { ...each, id: `${each.id}-other`, key: "other" },
      {
        ...each,
        id: `${each.id}-later`,
        call: each.call + 100,
        return: each.call + 101,
        input: { kind: "get" },
        outcome: { kind: "absent" },
      } as const,
    ]);
    const shrunk = shrinkHistory(
      more,
      violationOf(more.filter(({ key }) => key === "k")),
    );
    expect(shrunk).toEqual(operations);
  });
});

describe("the picture", () => {
  test("of overlapping operations", () => {
    const { operations } = knownHistory("bad-read-goes-back-in-time");
    const { stuck } = violationOf(operations);
    expect(`\n${intervalPicture(operations, { stuck })}`).toBe(`
   | t = 1 to 20
c1 | [put a -> ok r1][put b -> ok r2------------]
c2 |                  [get -> b r2]
c3 |                               {get -> a r1}
   |                               ^^^^^^^^^^^^^
`);
  });

  test("of an unknown operation, which fades until its client goes on", () => {
    const { operations } = knownHistory("bad-unknown-write-takes-effect-twice");
    const { stuck } = violationOf(operations);
    expect(`\n${intervalPicture(operations, { stuck, columns: 64 })}`).toBe(`
   | t = 1 to 9
c1 | [put a -> unknown~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~
c2 |  [get -> a r1][put b -> ok r2][get -> b r2]{get -> a r1}
   |                                            ^^^^^^^^^^^^^
`);
  });

  test("of one client that does two things at once, in two lanes", () => {
    const { operations } = knownHistory("bad-two-creates");
    const alone = operations.map((each) => ({ ...each, client: "c1" }));
    expect(`\n${intervalPicture(alone)}`).toBe(`
   | t = 1 to 11
c1 | [put a if-none-match * -> ok r1]
c1 |  [put b if-none-match * -> ok r2]
`);
  });

  test("never has a line wider than it may be, and draws every operation", () => {
    const long = longHistory({
      seed: 3,
      operationCount: 120,
      clientCount: 7,
      unknownCount: 6,
      conditional: 0.5,
      expiring: 0.1,
    });
    for (const columns of [40, 80, 120]) {
      const picture = intervalPicture(long, { columns, operationsMax: 120 });
      const lines = picture.split("\n");
      expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(
        columns,
      );
      expect(picture.match(/\[/g)).toHaveLength(120);
    }
  });

  test("says how much it leaves out", () => {
    const { operations } = knownHistory("good-one-after-another");
    const picture = intervalPicture(operations, { operationsMax: 2 });
    expect(`\n${picture}`).toBe(`
(6 earlier operations are not shown)
   | t = 13 to 16
c2 | [delete -> ok][get -> absent]
`);
  });

  test("of nothing is empty", () => {
    expect(intervalPicture([])).toBe("");
  });
});
