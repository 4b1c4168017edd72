/** Which of a probe's gaps are owed to the loss of one node. */
import { expect, test } from "vitest";
import { type Gap, gapGroups, lengthMs } from "../../scripts/chaos/gaps.ts";
import type { Loss } from "../../scripts/chaos/ring.ts";

function gap(from: number, to: number, kind: Gap["kind"] = "get"): Gap {
  return { key: "k", kind, from, to, attempts: [] };
}

function loss(name: string, from: number, to?: number, cause = "kill"): Loss {
  return { name, cause, from, ...(to !== undefined && { to }) };
}

function longest(gaps: readonly Gap[], losses: readonly Loss[]) {
  return [...gapGroups(gaps, losses)].map(([name, { longest }]) => [
    name,
    lengthMs(longest),
  ]);
}

test("the longest of each kind and cause counts", () => {
  const gaps = [gap(0, 20), gap(5, 35), gap(10, 15, "put"), gap(100, 190)];
  const losses = [loss("a", 10, 30), loss("b", 180, 185, "pause")];
  expect(longest(gaps, losses)).toEqual([
    ["get, kill", 30],
    ["put, kill", 5],
    ["get, pause", 90],
  ]);
});

test("gaps without a loss are told apart, and how many are long", () => {
  const gaps = [gap(0, 10), gap(30, 1_031), gap(1_031, 2_031)];
  expect(longest(gaps, [loss("a", 10, 30)])).toEqual([
    ["get, nothing lost", 1_001],
  ]);
  expect(gapGroups(gaps, []).get("get, nothing lost")).toMatchObject({
    count: 3,
    longCount: 1,
  });
});

test("a gap in which two nodes were lost together says nothing", () => {
  const together = [loss("a", 10, 30), loss("b", 20, 40)];
  expect(longest([gap(0, 50)], together)).toEqual([]);
  expect(longest([gap(35, 50)], together)).toEqual([["get, kill", 15]]);
});

test("one after the other, each is the loss of one node", () => {
  const losses = [loss("a", 10, 20), loss("b", 30, 40, "pause")];
  expect(longest([gap(0, 50)], losses)).toEqual([["get, kill", 50]]);
});

test("a loss that has no end yet counts", () => {
  expect(longest([gap(50, 60)], [loss("a", 10)])).toEqual([["get, kill", 10]]);
});

test("the last one to come back after the death of all says nothing about the loss of one", () => {
  const losses = [loss("a", 0, 10, "death of all")];
  expect(longest([gap(0, 10)], losses)).toEqual([]);
});
