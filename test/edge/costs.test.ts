/** What a ring of three Durable Objects is billed for an operation and for an hour of silence: counted, and bounded. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { each } from "../e2e/each.ts";
import { until } from "../e2e/until.ts";
import { createEdgeNodes, type EdgeNode, type EdgeNodes } from "./edge-node.ts";
import { edgeRingOfThree } from "./edge-ring.ts";
import type { ObjectCounts } from "./test-worker.ts";

let nodes: EdgeNodes;
let members: readonly [EdgeNode, EdgeNode, EdgeNode];
beforeAll(async () => {
  nodes = createEdgeNodes();
  members = await edgeRingOfThree(nodes);
  await atRest();
});
afterAll(() => nodes?.close());

async function atRest(): Promise<void> {
  for (const node of members)
    await until(async () => (await node.view()).isResting, "all are at rest");
}

const kinds = [
  "requests",
  "calls",
  "rowsRead",
  "rowsWritten",
  "alarms",
] as const;
type Counts = Record<(typeof kinds)[number], number>;

async function countedAll(): Promise<Counts> {
  const all = await Promise.all(members.map((node) => node.counts()));
  const sum = (kind: keyof ObjectCounts) =>
    all.reduce((total, counts) => total + counts[kind], 0);
  return Object.fromEntries(kinds.map((kind) => [kind, sum(kind)])) as Counts;
}

const count = 100;
const table: Record<string, Counts> = {};

/** Of one operation, on average over all three objects, with what it leaves to be done until they rest again. */
async function costOf(
  name: string,
  run: (index: number) => Promise<Response>,
  atOnce = 1,
): Promise<Counts> {
  const before = await countedAll();
  const indices = Array.from({ length: count }, (_, index) => index);
  await each(indices, atOnce, async (index) => {
    const answer = await run(index);
    await answer.arrayBuffer();
    expect(answer.status).toBe(200);
  });
  const after = await countedAll();
  const cost = Object.fromEntries(
    kinds.map((kind) => [kind, (after[kind] - before[kind]) / count]),
  ) as Counts;
  table[name] = cost;
  return cost;
}

const anyOf = (index: number) => members[index % 3] ?? members[0];
const put = (index: number) =>
  anyOf(index).fetch(`/db/k${index}`, { method: "PUT", body: "v".repeat(256) });
const get = (query: string) => (index: number) =>
  anyOf(index).fetch(`/db/k${index}${query}`);

test("an operation costs what docs/DEPLOY.md says", async () => {
  const created = await costOf("PUT of a new key", put);
  const changed = await costOf("PUT of a known key", put);
  const read = await costOf("GET", get(""));
  const eventual = await costOf("GET, eventual", get("?consistency=eventual"));
  const batched = await costOf("PUT, 16 at once", put, 16);
  const before = await countedAll();
  await atRest();
  const after = await countedAll();
  table["then, until at rest"] = Object.fromEntries(
    kinds.map((kind) => [kind, after[kind] - before[kind]]),
  ) as Counts;
  console.table(table);

  // Three records, each promised and accepted once; a sticky ballot saves the promise.
  expect(created.rowsWritten).toBeLessThan(8);
  expect(changed.rowsWritten).toBeLessThan(5);
  expect(read.rowsWritten).toBeLessThan(0.5);
  expect(eventual.rowsWritten).toBe(0);
  // The client's own, a forward, and two rounds at the two other replicas, whose answers come by the same calls.
  expect(created.requests).toBeLessThan(7.5);
  expect(changed.requests).toBeLessThan(5.5);
  expect(read.requests).toBeLessThan(3.5);
  expect(eventual.requests).toBeLessThan(2.5);
  expect(batched.requests).toBeLessThan(changed.requests);
});

test("a ring at rest costs nothing", async () => {
  await atRest();
  const alarms = await Promise.all(
    members.map(async (node) => (await node.view()).alarm),
  );
  expect(alarms).toEqual([null, null, null]);
  // Nobody is called by anybody: without an alarm and without a request an object does not run.
});
