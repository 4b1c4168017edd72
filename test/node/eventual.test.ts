/** Rings founded as eventual, over real nodes in one process: one replica is enough, and all become alike. */
import { afterEach, describe, expect, test, vi } from "vitest";
import { formatBallot } from "../../src/core/ballot.ts";
import { decodeRegister } from "../../src/core/codec.ts";
import {
  partitionOfKey,
  primaryOf,
  replicaIdsOf,
} from "../../src/core/layout.ts";
import { decodeBatch } from "../../src/core/message-codec.ts";
import type { Timing } from "../../src/node/api.ts";
import { partitionBucket } from "../../src/node/state.ts";
import { type Cluster, type ClusterNode, createCluster } from "./cluster.ts";

const encode = (text: string) => new TextEncoder().encode(text);
const keys = Array.from({ length: 24 }, (_, i) => `k${i}`);

// Who was silent is called again every two seconds: only a hang should end a test.
vi.setConfig({ testTimeout: 30_000 });

let cluster: Cluster;
afterEach(() => cluster?.close());

type Three = readonly [ClusterNode, ClusterNode, ClusterNode];

async function ringOfThree(timing: Partial<Timing> = {}): Promise<Three> {
  cluster = createCluster({
    founding: { partitionCount: 8, consistency: "eventual" },
    timing: {
      operationTimeoutMs: 2_000,
      peerCallTimeoutMs: 500,
      changeStallMsMax: 3_000,
      ...timing,
    },
  });
  const nodes = await Promise.all(
    ["a", "b", "c"].map((name) => cluster.start(name)),
  );
  const [a, b, c] = nodes;
  if (!a || !b || !c) throw new Error("three were started");
  for (const node of [b, c])
    expect(await node.join({ urls: [a.url] })).toMatchObject({ ok: true });
  return [a, b, c];
}

async function valueAt(node: ClusterNode, key: string) {
  const read = await node.get(key);
  if (!read.ok) return read.error.code;
  return read.value && new TextDecoder().decode(read.value.value);
}

async function put(node: ClusterNode, key: string, value: string) {
  const written = await node.put(key, encode(value));
  expect(written).toMatchObject({ ok: true });
  return written;
}

async function until(isReady: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await isReady()))
    await new Promise((resolve) => setTimeout(resolve, 5));
}

/** Of two writes in one millisecond, on two sides, either may win. */
async function untilLater(): Promise<void> {
  const writtenAt = Date.now();
  await until(() => Date.now() > writtenAt);
}

/** What each replica has of a key on its disk: its ballot, which is made for one state. */
async function records(nodes: readonly ClusterNode[], key: string) {
  const { layout } = nodes[0]?.greeting() ?? {};
  if (!layout) throw new Error("there are nodes");
  const partition = partitionOfKey(layout, key);
  const ids = replicaIdsOf(layout, partition);
  const holders = nodes.filter((n) => ids.includes(n.greeting().self.id));
  return Promise.all(
    holders.map(async ({ store, name }) => {
      // A joiner's space is its second.
      const space = name === "a" ? 0 : 1;
      const stored = await store.read(partitionBucket(space, partition), key);
      const register =
        stored.kind === "record" ? decodeRegister(stored.bytes) : undefined;
      return register ? formatBallot(register.accepted) : stored.kind;
    }),
  );
}

function asksWhatIsHeld(key: string, body: Uint8Array): boolean {
  const { requests = [] } = decodeBatch(body) ?? {};
  return requests.some(
    (request) =>
      request.kind === "read" && request.key === key && !request.withEntry,
  );
}

/** Every read through every node gives this. */
async function untilAll(
  nodes: readonly ClusterNode[],
  key: string,
  value: string | undefined,
) {
  await until(async () => {
    const values = await Promise.all(nodes.map((node) => valueAt(node, key)));
    return values.every((each) => each === value);
  });
}

describe("a ring of three", () => {
  test("serves what was put until it is deleted", async () => {
    const nodes = await ringOfThree();
    const [a, b] = nodes;
    await put(a, "k", "1");
    await untilAll(nodes, "k", "1");
    expect(await b.put("k", encode("2"))).toMatchObject({
      ok: true,
      value: { created: false },
    });
    await untilAll(nodes, "k", "2");
    expect(await b.delete("k")).toEqual({ ok: true, value: { existed: true } });
    await untilAll(nodes, "k", undefined);
    expect(await a.delete("k")).toEqual({
      ok: true,
      value: { existed: false },
    });
  });

  test("knows conditions, repetitions and times to live while all answer", async () => {
    const [a, b, c] = await ringOfThree();
    const once = { conditions: { ifNoneMatch: "*" } } as const;
    const first = await a.put("k", encode("1"), once);
    expect(first).toMatchObject({ ok: true });
    for (const node of [b, c])
      expect(await node.put("k", encode("2"), once)).toMatchObject({
        ok: false,
        error: { code: "condition_failed" },
      });
    const idempotencyKey = "once";
    const put1 = await b.put("r", encode("1"), { idempotencyKey });
    await put(c, "r", "2");
    expect(await a.put("r", encode("1"), { idempotencyKey })).toEqual(put1);
    expect(await valueAt(b, "r")).toBe("2");
    await a.put("short", encode("1"), { ttlMs: 20 });
    await untilAll([a, b, c], "short", undefined);
  });

  test("is listed while one replica answers", async () => {
    const [a, b, c] = await ringOfThree();
    for (const key of keys) await put(b, key, "1");
    cluster.kill("b");
    cluster.kill("c");
    const page = await a.keys({ scope: "ring", limit: 100 });
    expect(page.ok && [...page.value.keys].sort()).toEqual([...keys].sort());
    expect(c.name).toBe("c");
  });

  test("one replica serves alone while two are down, and all are alike when they are back", async () => {
    const nodes = await ringOfThree();
    const [a] = nodes;
    await put(a, "old", "1");
    cluster.connects = (from, to) => from === to;
    for (const key of keys) await put(a, key, "alone");
    expect(await a.delete("old")).toMatchObject({ ok: true });
    expect(await valueAt(a, "k1")).toBe("alone");
    cluster.connects = () => true;
    for (const key of keys) await untilAll(nodes, key, "alone");
    await untilAll(nodes, "old", undefined);
    await until(async () => new Set(await records(nodes, "k1")).size === 1);
  });

  test("two that differ become alike while the third is gone for good", async () => {
    const [a, b] = await ringOfThree();
    cluster.kill("c");
    cluster.connects = () => false;
    for (const key of keys) await put(a, key, "a");
    cluster.connects = () => true;
    for (const key of keys) await untilAll([a, b], key, "a");
    for (const key of keys)
      await until(async () => new Set(await records([a, b], key)).size === 1);
  });

  test("writes on both sides of a split become one, and it stays", async () => {
    const nodes = await ringOfThree();
    const [a, b, c] = nodes;
    cluster.connects = (from, to) => (from === "c") === (to === "c");
    await put(a, "k", "left");
    await put(b, "k", "left again");
    await untilLater();
    await put(c, "k", "right");
    expect(await valueAt(c, "k")).toBe("right");
    expect(await valueAt(a, "k")).toBe("left again");
    cluster.connects = () => true;
    await until(
      async () =>
        new Set(await Promise.all(nodes.map((node) => valueAt(node, "k"))))
          .size === 1,
    );
    // The later one, as these share a clock.
    await untilAll(nodes, "k", "right");
    await put(a, "k", "after");
    await untilAll(nodes, "k", "after");
  });

  test("a delete on one side of a split beats the older value that it cannot see", async () => {
    const nodes = await ringOfThree();
    const [a, , c] = nodes;
    cluster.connects = (from, to) => (from === "c") === (to === "c");
    await put(a, "k", "left");
    await untilLater();
    expect(await c.delete("k")).toEqual({
      ok: true,
      value: { existed: false },
    });
    cluster.connects = () => true;
    await untilAll(nodes, "k", undefined);
  });

  test("tombstones go, expired values too, and nothing comes back", async () => {
    const nodes = await ringOfThree({ tombstoneMsMin: 50 });
    const [a] = nodes;
    await put(a, "gone", "1");
    expect(await a.delete("gone")).toMatchObject({ ok: true });
    await a.put("short", encode("1"), { ttlMs: 10 });
    for (const key of ["gone", "short"])
      await until(async () =>
        (await records(nodes, key)).every((record) => record === "absent"),
      );
    for (const node of nodes) {
      expect(await valueAt(node, "gone")).toBeUndefined();
      expect(await valueAt(node, "short")).toBeUndefined();
    }
  });

  test("a replica that is away keeps a tombstone from being collected", async () => {
    const nodes = await ringOfThree({ tombstoneMsMin: 50 });
    const [a, b, c] = nodes;
    const { layout, self } = a.greeting();
    const isOfA = (key: string) =>
      primaryOf(layout, partitionOfKey(layout, key)) === self.id;
    const key = keys.find(isOfA);
    if (key === undefined) throw new Error("no key has its primary at a");
    await put(a, key, "1");
    await until(async () => new Set(await records(nodes, key)).size === 1);
    cluster.connects = (from, to) => (from === "c") === (to === "c");
    expect(await a.delete(key)).toMatchObject({ ok: true });
    // The primary asks b whether it holds the same, and would ask c.
    const swept = Promise.withResolvers<void>();
    cluster.intercept = ({ from, to, body, deliver }) => {
      if (from !== "a" || to !== "b" || !asksWhatIsHeld(key, body))
        return undefined;
      return deliver().finally(swept.resolve);
    };
    await swept.promise;
    await a.tick();
    expect(await records([a, b], key)).not.toContain("absent");
    cluster.connects = () => true;
    await untilAll([a, b, c], key, undefined);
  });
});

describe("membership", () => {
  test("a join and a leave keep what any reachable replica holds", async () => {
    const nodes = await ringOfThree();
    const [a, b, c] = nodes;
    // Each key with one replica alone, which nobody has compared yet.
    const links = cluster.connects;
    for (const [index, key] of keys.entries()) {
      const node = nodes[index % 3] ?? a;
      cluster.connects = () => false;
      await put(node, key, node.name);
    }
    cluster.connects = links;
    const d = await cluster.start("d");
    expect(await d.join({ urls: [a.url] })).toMatchObject({
      ok: true,
      value: { isComplete: true },
    });
    for (const [index, key] of keys.entries())
      await untilAll([a, b, c, d], key, nodes[index % 3]?.name);
    expect(await b.leave()).toMatchObject({ ok: true });
    for (const [index, key] of keys.entries())
      await untilAll([a, c, d], key, nodes[index % 3]?.name);
  });

  test("a join comes to its end although a member is dead", async () => {
    const [a, b] = await ringOfThree();
    for (const key of keys) await put(a, key, "1");
    cluster.kill("c");
    const d = await cluster.start("d");
    expect(await d.join({ urls: [a.url] })).toMatchObject({ ok: true });
    for (const key of keys) await untilAll([a, b, d], key, "1");
    expect(await a.remove({ name: "c" })).toMatchObject({ ok: true });
    for (const key of keys) await untilAll([a, b, d], key, "1");
  });

  test("a node that left takes its keys along, and brings back what it changed", async () => {
    const [a, b, c] = await ringOfThree();
    for (const key of keys) await put(a, key, "1");
    expect(await b.leave()).toMatchObject({ ok: true });
    expect(b.status().settings.consistency).toBe("eventual");
    const page = await b.keys({ scope: "node", limit: 100 });
    const [mine, other] = page.ok ? page.value.keys : [];
    if (mine === undefined || other === undefined)
      throw new Error("b was primary for some of so many");
    expect(await valueAt(b, mine)).toBe("1");
    await put(b, mine, "changed alone");
    expect(await a.delete(other)).toMatchObject({ ok: true });
    expect(await b.join({ urls: [c.url] })).toMatchObject({ ok: true });
    await untilAll([a, b, c], mine, "changed alone");
    await untilAll([a, b, c], other, undefined);
  });

  test("a ring of one joins a ring of the other kind, and its keys go by the promises of that", async () => {
    cluster = createCluster({ founding: { partitionCount: 4 } });
    const strong = await cluster.start("strong");
    const weak = await cluster.start("weak", {
      founding: { consistency: "eventual" },
    });
    await put(weak, "w", "1");
    await put(strong, "s", "1");
    expect(await weak.join({ urls: [strong.url] })).toMatchObject({ ok: true });
    expect(weak.settings().consistency).toBe("linearizable");
    for (const key of ["w", "s"]) await untilAll([weak, strong], key, "1");
    await put(weak, "w", "2");
    expect(await valueAt(strong, "w")).toBe("2");
    const other = await cluster.start("other", {
      founding: { consistency: "eventual" },
    });
    await put(other, "o", "1");
    expect(await strong.leave()).toMatchObject({ ok: true });
    expect(await strong.join({ urls: [other.url] })).toMatchObject({
      ok: true,
    });
    expect(strong.settings().consistency).toBe("eventual");
    await untilAll([strong, other], "o", "1");
  });
});
