/** What a ring of three Durable Objects is billed for an operation, and for silence: counted, bounded and printed. */
import { afterEach, expect, test } from "vitest";
import { each } from "../e2e/each.ts";
import { until } from "../e2e/until.ts";
import { createEdgeNodes, type EdgeNode, type EdgeNodes } from "./edge-node.ts";
import { edgeRingOfThree } from "./edge-ring.ts";
import type { ObjectCounts } from "./test-worker.ts";

let nodes: EdgeNodes;
afterEach(() => nodes?.close());

const count = 100;

/** A ring at rest, and what an operation of it costs. */
async function meter({ hasKv }: { readonly hasKv: boolean }) {
  nodes = createEdgeNodes();
  const members = await edgeRingOfThree(nodes, undefined, hasKv);
  const table: Record<string, ObjectCounts> = {};

  async function total(): Promise<ObjectCounts> {
    const all = await Promise.all(members.map((node) => node.counts()));
    return all.reduce((sum, counts) => combine(sum, counts, (a, b) => a + b));
  }

  /** Of one operation, on average over all three objects. */
  async function costOf(
    name: string,
    run: (index: number) => Promise<Response>,
    atOnce = 1,
  ): Promise<ObjectCounts> {
    const before = await total();
    const indices = Array.from({ length: count }, (_, index) => index);
    await each(indices, atOnce, async (index) => {
      const answer = await run(index);
      await answer.arrayBuffer();
      expect(answer.status).toBe(200);
    });
    const cost = combine(await total(), before, (a, b) => (a - b) / count);
    table[name] = cost;
    return cost;
  }

  async function atRest(): Promise<void> {
    for (const node of members)
      await until(async () => (await node.view()).isResting, "all are at rest");
  }

  const anyOf = (index: number) => members[index % 3] ?? members[0];
  return {
    members,
    total,
    costOf,
    atRest,
    table,
    put: (index: number) =>
      anyOf(index).fetch(`/db/k${index}`, {
        method: "PUT",
        body: "v".repeat(256),
      }),
    get: (query: string) => (index: number) =>
      anyOf(index).fetch(`/db/k${index}${query}`),
  };
}

function combine(
  a: ObjectCounts,
  b: ObjectCounts,
  of: (a: number, b: number) => number,
): ObjectCounts {
  const kinds = Object.keys(a) as (keyof ObjectCounts)[];
  return Object.fromEntries(
    kinds.map((kind) => [kind, of(a[kind], b[kind])]),
  ) as unknown as ObjectCounts;
}

test("an operation on Durable Objects costs what docs/DEPLOY.md says, and rest costs nothing", async () => {
  const { members, atRest, total, costOf, table, put, get } = await meter({
    hasKv: false,
  });
  await atRest();
  const created = await costOf("PUT of a new key", put);
  const changed = await costOf("PUT of a known key", put);
  const read = await costOf("GET", get(""));
  const eventual = await costOf("GET, eventual", get("?consistency=eventual"));
  const batched = await costOf("PUT, 16 at once", put, 16);
  const before = await total();
  await atRest();
  const alarms = await Promise.all(
    members.map(async (node: EdgeNode) => (await node.view()).alarm),
  );
  table["then, until at rest"] = combine(
    await total(),
    before,
    (a, b) => a - b,
  );
  console.table(table);

  // Three records, each promised and accepted once; a sticky ballot saves the promise.
  expect(created.rowsWritten).toBeLessThan(8);
  expect(changed.rowsWritten).toBeLessThan(5);
  expect(read.rowsWritten).toBeLessThan(0.5);
  expect(eventual.rowsWritten).toBeLessThan(0.1);
  // The client's own, a forward, and two rounds at the two other replicas.
  expect(created.requests).toBeLessThan(7.5);
  expect(changed.requests).toBeLessThan(5.5);
  expect(read.requests).toBeLessThan(3.5);
  expect(eventual.requests).toBeLessThan(2.5);
  expect(batched.requests).toBeLessThan(changed.requests);
  // Without an alarm and without a request an object does not run.
  expect(alarms).toEqual([null, null, null]);
});

test("an operation on Workers KV costs what docs/DEPLOY.md says", async () => {
  const { costOf, table, put, get } = await meter({ hasKv: true });
  const created = await costOf("PUT of a new key", put);
  const read = await costOf("GET", get(""));
  console.table(table);
  // One at each replica.
  expect(created.kvWrites).toBeLessThan(3.5);
  expect(read.kvReads).toBeLessThan(1.5);
  expect(read.kvWrites).toBe(0);
});
