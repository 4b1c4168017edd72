/** The Simplified DHT on real nodes: join, set, get and remove through the client, with values of every kind. */
import * as fc from "fast-check";
import { expect, onTestFinished, test } from "vitest";
import { createClient } from "../../src/client/client.ts";
import { OutcomeUnknownError } from "../../src/client/errors.ts";
import type { RingStatus } from "../../src/client/status.ts";
import type { NodeStatus, Timing } from "../../src/node/api.ts";
import { startServer } from "../../src/runtime/nodejs.ts";
import type { RunningServer } from "../../src/runtime/server.ts";
import { openStore } from "../../src/store/open.ts";

/** Nodes by themselves, each a ring of one. Few partitions: joins take less. */
function startNodes(
  count: number,
  timing: Partial<Timing> = {},
): Promise<RunningServer[]> {
  return Promise.all(
    Array.from({ length: count }, async (_, index) => {
      const server = await startServer({
        name: `node-${index}`,
        port: 0,
        founding: { partitionCount: 16 },
        timing,
        openStore: () => openStore({ kind: "memory" }),
      });
      onTestFinished(() => server.close());
      return server;
    }),
  );
}

const anything = fc.anything({
  withBigInt: true,
  withDate: true,
  withMap: true,
  withSet: true,
  withSparseArray: true,
  withTypedArray: true,
});

test("a change that the ring may finish later is told as unknown", async () => {
  const [first, second] = await startNodes(2, { operationTimeoutMs: 500 });
  if (!first || !second) throw new Error("two nodes");
  const client = createClient({ nodes: [first.url] });
  await client.join(second.url);
  await second.close();
  const left = client.remove(first.url);
  await expect(left).rejects.toThrow(OutcomeUnknownError);
  await expect(left).rejects.toThrow(/goes on when a majority answers/);
});

test("a ring is made, filled, shrunk and survived through one client", async () => {
  const servers = await startNodes(4);
  const [first, second, third, fourth] = servers.map(({ url }) => url);
  if (!first || !second || !third || !fourth) throw new Error("four nodes");
  const client = createClient();
  for (const { url } of servers) await client.join(url);
  expect((await client.peers()).toSorted()).toEqual([
    "node-0",
    "node-1",
    "node-2",
    "node-3",
  ]);

  // Values of every kind, each read back through another node.
  const values = fc.sample(anything, { numRuns: 60, seed: 1 });
  for (const [index, value] of values.entries())
    await client.set(`value/${index}`, value);
  const expectAll = async (nodes: readonly string[]) => {
    const reader = createClient({ nodes });
    for (const [index, value] of values.entries())
      expect(await reader.get(`value/${index}`)).toStrictEqual(
        structuredClone(value),
      );
  };
  for (const { url } of servers) await expectAll([url]);

  // A living node leaves: what it held is on the others, and the client asks it no more.
  const report = await client.remove(fourth);
  expect(report.isComplete).toBe(true);
  expect(client.nodes()).toEqual([first, second, third]);
  await expectAll([first]);
  await expectAll([second, third]);
  expect(await createClient({ nodes: [fourth] }).peers()).toEqual(["node-3"]);

  // A node dies: the client goes on with the others, and takes it out.
  await servers[2]?.close();
  await expectAll(client.nodes());
  await client.set("after", new Set(["the death"]));
  await client.remove(third, { force: true });
  expect(client.nodes()).toEqual([first, second]);
  expect((await client.peers()).toSorted()).toEqual(["node-0", "node-1"]);
  await expectAll(client.nodes());
  expect(await client.get("after")).toEqual(new Set(["the death"]));
  await client.delete("after");
  expect(await client.has("after")).toBe(false);

  const keys: string[] = [];
  for await (const key of client.keys({ prefix: "value/" })) keys.push(key);
  expect(keys.toSorted()).toEqual(
    values.map((_, index) => `value/${index}`).toSorted(),
  );
});

test("ten increments through three nodes, by conditional writes", async () => {
  const [first, second, third] = await startNodes(3);
  if (!first || !second || !third) throw new Error("three nodes");
  const client = createClient();
  for (const { url } of [first, second, third]) await client.join(url);
  await client.set("count", 0);
  const increment = async () => {
    for (;;) {
      const entry = await client.getEntry<number>("count");
      try {
        await client.set("count", (entry?.value ?? 0) + 1, {
          ifMatch: entry?.revision ?? "",
        });
        return;
      } catch (error) {
        expect(error).toMatchObject({ code: "condition_failed" });
      }
    }
  };
  await Promise.all(Array.from({ length: 10 }, increment));
  expect(await client.get("count")).toBe(10);
});

test("counts, touches and metadata", async () => {
  const [server] = await startNodes(1);
  if (!server) throw new Error("one node");
  const client = createClient({ nodes: [server.url] });
  const first = await client.increment("hits", { ttlSeconds: 600 });
  expect(first).toMatchObject({ value: 1, revision: expect.any(String) });
  expect(first.ttlSeconds).toBeGreaterThan(500);
  expect(await client.increment("hits", { by: 1.5 })).toMatchObject({
    value: 2.5,
  });
  expect(await client.get("hits")).toBe(2.5);
  await expect(client.increment("hits", { max: 3 })).rejects.toMatchObject({
    code: "out_of_bounds",
    details: { value: 2.5 },
  });
  await client.touch("hits", { ttlSeconds: null });
  expect(await client.getEntry("hits")).not.toHaveProperty("ttlSeconds");
  await expect(client.touch("none", { ttlSeconds: 5 })).rejects.toMatchObject({
    code: "no_such_key",
  });

  const metadata = { owner: "Ädå \u{1f600}", tags: ["a\n"] };
  await client.set("described", 1, { metadata });
  expect(await client.getEntry("described")).toMatchObject({ metadata });
  await client.set("described", 2);
  expect(await client.getEntry("described")).not.toHaveProperty("metadata");
});

/** The real one; the answers to as many requests as are set are lost on their way. */
function fetchThatLoses() {
  const losing = { count: 0 };
  const fetch: typeof globalThis.fetch = async (...request) => {
    const response = await globalThis.fetch(...request);
    if (losing.count-- <= 0) return response;
    await response.arrayBuffer();
    throw new TypeError("fetch failed", {
      cause: new Error("other side closed"),
    });
  };
  return { losing, fetch };
}

test("an increment whose answer was lost is repeated, and counts once", async () => {
  const [server] = await startNodes(1);
  if (!server) throw new Error("one node");
  const { losing, fetch } = fetchThatLoses();
  const client = createClient({ nodes: [server.url], fetch });
  losing.count = 1;
  expect(await client.increment("hits", { max: 1 })).toMatchObject({
    value: 1,
  });
  expect(await client.get("hits")).toBe(1);
  // The first attempt may have been the one to count: that nothing changed is more than is known.
  losing.count = 1;
  await expect(client.increment("hits", { max: 1 })).rejects.toThrow(
    OutcomeUnknownError,
  );
});

test("a write whose answer was lost is repeated, and takes effect once", async () => {
  const [server] = await startNodes(1);
  if (!server) throw new Error("one node");
  const { losing, fetch } = fetchThatLoses();
  const client = createClient({ nodes: [server.url], fetch });
  losing.count = 1;
  const { revision } = await client.set("once", 1, { ifNoneMatch: "*" });
  expect(await client.getEntry("once")).toMatchObject({ value: 1, revision });

  losing.count = 2;
  const error = await client
    .set("twice", 1, { ifNoneMatch: "*" })
    .catch((error: unknown) => error);
  expect(error).toBeInstanceOf(OutcomeUnknownError);
  const { idempotencyKey } = error as OutcomeUnknownError;
  await client.set("twice", 1, { ifNoneMatch: "*", idempotencyKey });
});

test("the client's type of a status is what nodes answer", () => {
  const answer = (status: NodeStatus): RingStatus => status;
  expect(answer).toBeTypeOf("function");
});
