/** Whole rings in virtual time, under everything that goes wrong: a fixed set of seeds, small enough for every commit. */
import { afterAll, describe, expect, test } from "vitest";
import { faults } from "../../src/sim/nemesis.ts";
import { runSeed, type SeedReport } from "../../src/sim/run-seed.ts";

const operationCount = 200;
/** Chosen so that every kind of fault happens: rings of one, two and three replicas, lost machines, a rotting disk. */
const seeds = [
  2, 5, 7, 8, 9, 12, 14, 16, 19, 23, 26, 37, 40, 107, 126, 133, 141,
];
const reports = new Map<number, SeedReport>();

async function reportOf(seed: number): Promise<SeedReport> {
  const report = reports.get(seed) ?? (await runSeed({ seed, operationCount }));
  reports.set(seed, report);
  return report;
}

function sum(names: (name: string) => boolean): number {
  return [...reports.values()]
    .flatMap(({ counts }) => Object.entries(counts))
    .filter(([name]) => names(name))
    .reduce((total, [, count]) => total + count, 0);
}

describe("a ring keeps its promises", () => {
  test.each(seeds)("in seed %d", async (seed) => {
    const { operationCount: called, violations } = await reportOf(seed);
    expect(violations).toEqual([]);
    expect(called).toBeGreaterThanOrEqual(operationCount);
  });

  test("and a seed is the same twice", async () => {
    const first = await reportOf(2);
    const { traceHash } = await runSeed({ seed: 2, operationCount });
    expect(traceHash).toBe(first.traceHash);
    expect((await reportOf(5)).traceHash).not.toBe(traceHash);
  });
});

describe("over the fixed seeds", () => {
  const operation = /^(get|put|delete|increment|touch|eventual-get): /;
  /** Answers that say what became of it. */
  const decided =
    /: (ok|condition_failed|not_a_number|out_of_bounds|no_such_key)$/;

  test("most operations succeed", async () => {
    for (const seed of seeds) await reportOf(seed);
    const all = sum((name) => operation.test(name));
    const done = sum((name) => operation.test(name) && decided.test(name));
    expect(done / all).toBeGreaterThan(0.8);
  });

  test.each(Object.keys(faults))("%s happened", async (fault) => {
    for (const seed of seeds) await reportOf(seed);
    expect(sum((name) => name === fault)).toBeGreaterThan(0);
  });

  test.each([
    "increment: ok",
    "increment: not_a_number",
    "increment: out_of_bounds",
    "touch: ok",
    "touch: no_such_key",
    "touch: condition_failed",
    "repeat",
    "lock: taken",
    "lock: renewed",
    "lock: lost",
    "lock: stale write refused",
  ])("%s was met", async (what) => {
    for (const seed of seeds) await reportOf(seed);
    expect(sum((name) => name === what)).toBeGreaterThan(0);
  });

  test.each([
    "slow",
    "full",
    "read-error",
    "write-error",
    "kept",
    "lost",
    "torn",
    "bit-flipped",
    "wiped",
  ] as const)("on a disk: %s", async (event) => {
    for (const seed of seeds) await reportOf(seed);
    const counts = [...reports.values()].map(({ disks }) => disks[event]);
    expect(Math.max(...counts)).toBeGreaterThan(0);
  });

  test.each([
    "request-lost",
    "answer-lost",
    "duplicated",
    "slow",
    "overtaken",
    "request-cut",
    "answer-cut",
    "refused",
    "reset",
    "not-sent",
    "held",
  ] as const)("to a message: %s", async (event) => {
    for (const seed of seeds) await reportOf(seed);
    const counts = [...reports.values()].map(({ network }) => network[event]);
    expect(Math.max(...counts)).toBeGreaterThan(0);
  });

  test.each(["join", "leave", "remove", "replace", "replica-count"])(
    "%s was carried out",
    async (change) => {
      for (const seed of seeds) await reportOf(seed);
      expect(sum((name) => name === `${change}: ok`)).toBeGreaterThan(0);
    },
  );
});

afterAll(() => {
  const called = [...reports.values()].map((each) => each.operationCount);
  const total = called.reduce((all, each) => all + each, 0);
  const happened = sum((name) => name in faults);
  console.log(`${reports.size} seeds: ${total} operations, ${happened} faults`);
});
