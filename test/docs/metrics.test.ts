/** docs/API.md tells every metric, and none that there is not. */
import { expect, test } from "vitest";
import { createMetrics } from "../../src/node/metrics.ts";
import { addProcessGauges } from "../../src/runtime/process-gauges.ts";
import { startMemoryNode } from "../http/memory-node.ts";
import { page, rowsOf } from "./markdown.ts";

test("the table has every metric, with its labels", async () => {
  const { node, close } = await startMemoryNode();
  const ofProcess = createMetrics();
  addProcessGauges(ofProcess);
  const there = [...node.metrics.families(), ...ofProcess.families()].map(
    ({ name }) => name,
  );
  const told = rowsOf(page("docs/API.md")).flatMap(
    ([first = "", , last = ""]) =>
      [...`${first} ${last}`.matchAll(/`((?:ringwalk|process)_\w+)`/g)].map(
        ([, name]) => name,
      ),
  );
  expect(told.toSorted()).toEqual(there.toSorted());
  await close();
});
