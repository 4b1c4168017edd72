/** A node whose disk fails: it says so, and the others carry what they can carry without it. */
import { afterEach, describe, expect, test } from "vitest";
import { decodeBatch, encodeBatch } from "../../src/core/message-codec.ts";
import type { RingNode } from "../../src/node/api.ts";
import { openStore } from "../../src/store/open.ts";
import type { StoreErrorCode } from "../../src/store/store-error.ts";
import { quiet } from "../http/memory-node.ts";
import { type Cluster, createCluster } from "./cluster.ts";
import { createFailingStore } from "./failing-store.ts";

let cluster: Cluster | undefined;
afterEach(() => cluster?.close());

const bytes = (text: string) => new TextEncoder().encode(text);
const full = { code: "store_full", reads: false } as const;
const failed = { ok: false, error: { code: "store_failed" } };

async function nodeWithDisk(name: string, founding = {}) {
  cluster ??= createCluster();
  const store = createFailingStore(await openStore({ kind: "memory" }));
  return { store, node: await cluster.start(name, { store, founding }) };
}

/** Each of a caller's operations, by name. */
const operations: Readonly<
  Record<string, (node: RingNode) => Promise<unknown>>
> = {
  get: (node) => node.get("k"),
  eventualGet: (node) => node.get("k", { consistency: "eventual" }),
  put: (node) => node.put("k", bytes("new")),
  delete: (node) => node.delete("k"),
  keys: (node) => node.keys({ scope: "node", limit: 10 }),
};

describe("a ring of one", () => {
  afterEach(() => {
    cluster = undefined;
  });

  test("a write that failed on its way to the disk may be there: its outcome is unknown, for that reason", async () => {
    cluster = createCluster({ timing: { operationTimeoutMs: 200 } });
    const { node, store } = await nodeWithDisk("a");
    // The second write of a key begins with its accept.
    await node.put("k", bytes("old"));
    store.failure = full;
    const result = await node.put("k", bytes("new"));
    expect(result).toMatchObject({
      ok: false,
      error: {
        code: "outcome_unknown",
        message: expect.stringMatching(/disk is full/),
      },
    });
  });

  test.each(Object.keys(operations))(
    "%s is answered with store_failed when nothing can be read",
    async (name) => {
      const { node, store } = await nodeWithDisk("a");
      store.failure = { code: "store_corrupt", reads: true };
      expect(await operations[name]?.(node)).toMatchObject(failed);
      store.failure = undefined;
      expect(await node.get("k")).toEqual({ ok: true, value: undefined });
    },
  );

  test.each<[StoreErrorCode, RegExp]>([
    ["store_full", /disk is full: free some space/],
    ["store_read_only", /cannot write.*make it writable/],
    ["store_failed", /look at the disk/],
  ])(
    "a write names the next step after %s, and no path",
    async (code, step) => {
      const { node, store } = await nodeWithDisk("a");
      store.failure = { code, reads: false };
      const result = await node.put("k", bytes("x"));
      expect(result).toMatchObject(failed);
      expect(result.ok || result.error.message).toMatch(step);
      expect(result.ok || result.error.message).not.toContain("/secret");
      // Reads need no write.
      expect(await node.get("k")).toEqual({ ok: true, value: undefined });
    },
  );

  test("a membership change says so too", async () => {
    const { node, store } = await nodeWithDisk("a");
    const { node: b } = await nodeWithDisk("b");
    store.failure = full;
    expect(await node.join({ urls: [b.url] })).toMatchObject(failed);
    store.failure = undefined;
    expect(await node.join({ urls: [b.url] })).toMatchObject({ ok: true });
  });
});

test("with two other replicas, a node whose disk is full still coordinates everything", async () => {
  cluster = createCluster();
  const { node: a, store } = await nodeWithDisk("a");
  for (const name of ["b", "c"]) {
    const node = await cluster.start(name);
    expect(await node.join({ urls: [a.url] })).toMatchObject({ ok: true });
  }
  const keys = Array.from({ length: 20 }, (_, i) => `k${i}`);
  for (const failure of [full, { ...full, reads: true }]) {
    store.failure = failure;
    for (const key of keys) {
      expect(await a.put(key, bytes(key))).toMatchObject({ ok: true });
      const read = await a.get(key);
      expect(read.ok && read.value?.value).toEqual(bytes(key));
    }
    const page = await a.keys({ scope: "ring", limit: 100 });
    expect(page.ok && page.value.keys.length).toBe(keys.length);
    for (const key of keys)
      expect(await a.delete(key)).toEqual({
        ok: true,
        value: { existed: true },
      });
  }
});

test("a full disk is told by the node and by the others, in a few lines of its log, and is not called repaired", async () => {
  const lines: string[] = [];
  cluster = createCluster({
    founding: { partitionCount: 1 },
    log: {
      ...quiet,
      info: (message) => void lines.push(message),
      error: (message) => void lines.push(message),
    },
  });
  const nodes = [
    await nodeWithDisk("a"),
    await nodeWithDisk("b"),
    await nodeWithDisk("c"),
  ];
  const [founder] = nodes;
  for (const { node } of nodes.slice(1))
    expect(await node.join({ urls: [founder?.node.url ?? ""] })).toMatchObject({
      ok: true,
    });
  // The primary coordinates, and asks the others for their votes: it hears what becomes of them.
  const primary = nodes.find(({ node }) => selfIn(node)?.partitionsAsPrimary);
  const failing = nodes.find((each) => each !== primary);
  if (!primary || !failing) throw new Error("three nodes");
  const { node: b } = primary;
  const { node: a, store } = failing;
  expect(a.status().storeFailure).toBeUndefined();
  lines.length = 0;
  let comparisonCount = 0;
  cluster.intercept = ({ to, body }) => {
    const requests = to === a.name ? (decodeBatch(body)?.requests ?? []) : [];
    if (requests.some(({ kind }) => kind === "digest")) comparisonCount++;
    return undefined;
  };

  store.failure = full;
  for (let at = 0; at < 100; at++)
    expect(await b.put(`k${at % 10}`, bytes("x"))).toMatchObject({ ok: true });
  expect(a.status().storeFailure).toMatchObject({ code: "store_full" });
  const healthAt = (node: RingNode) =>
    node.status().members.find(({ name }) => name === a.name)?.health;
  await expect.poll(() => healthAt(b)).toBe("store-failing");
  // The second comparison begins when the first has refreshed what it could.
  await expect
    .poll(() => comparisonCount, { timeout: 60_000 })
    .toBeGreaterThan(1);
  expect(lines).not.toContain("repaired a partition");
  expect(lines.filter((line) => /store failed/.test(line)).length).toBeLessThan(
    10,
  );

  store.failure = undefined;
  await expect
    .poll(() => lines.includes("repaired a partition"), { timeout: 90_000 })
    .toBe(true);
});

function selfIn(node: RingNode) {
  return node.status().members.find(({ isSelf }) => isSelf);
}

test("a message that needs a write first is refused as a whole", async () => {
  cluster = createCluster();
  const { node: a, store } = await nodeWithDisk("a");
  const b = await cluster.start("b");
  await b.join({ urls: [a.url] });
  const { layout, self } = a.greeting();
  store.failure = full;
  const body = encodeBatch({
    ringId: layout.ringId,
    epoch: layout.epoch + 1,
    layout: { ...layout, epoch: layout.epoch + 1 },
    to: self.id,
    requests: [{ kind: "ping" }],
  });
  expect(await a.handlePeer(body)).toMatchObject(failed);
  expect(a.status().epoch).toBe(layout.epoch);
});
