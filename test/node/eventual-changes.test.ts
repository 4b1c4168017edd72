/** Membership changes of eventual rings in which a replica misses something (a listing, a copy, a write), or has too much. */
import { afterEach, expect, test } from "vitest";
import { epochStart } from "../../src/core/ballot.ts";
import { encodeRegister } from "../../src/core/codec.ts";
import {
  partitionOfKey,
  replicaIdsOf,
  type Settings,
  sinceOf,
} from "../../src/core/layout.ts";
import { pageKeysMax } from "../../src/core/limits.ts";
import { memoryFrom } from "../../src/core/memory.ts";
import { decodeBatch, encodeAnswer } from "../../src/core/message-codec.ts";
import { partitionBucket } from "../../src/node/state.ts";
import type { TransportResult } from "../../src/ports.ts";
import { until } from "../e2e/until.ts";
import { type Cluster, type ClusterNode, createCluster } from "./cluster.ts";

const encode = (text: string) => new TextEncoder().encode(text);
const keys = Array.from({ length: 160 }, (_, i) => `k${i}`);

let cluster: Cluster;
afterEach(() => cluster?.close());

async function ringOf(
  names: readonly string[],
  founding: Partial<Settings> = {},
): Promise<readonly ClusterNode[]> {
  cluster = createCluster({
    founding: { partitionCount: 128, consistency: "eventual", ...founding },
    timing: { operationTimeoutMs: 2_000, peerCallTimeoutMs: 500 },
  });
  const nodes: ClusterNode[] = [];
  for (const name of names) {
    const node = await cluster.start(name);
    const [first] = nodes;
    if (first)
      expect(await node.join({ urls: [first.url] })).toMatchObject({
        ok: true,
      });
    nodes.push(node);
  }
  return nodes;
}

function named(nodes: readonly ClusterNode[], name: string): ClusterNode {
  const node = nodes.find((each) => each.name === name);
  if (!node) throw new Error(`there is no ${name}`);
  return node;
}

async function valueAt(node: ClusterNode, key: string) {
  const read = await node.get(key);
  if (!read.ok) return read.error.code;
  return read.value && new TextDecoder().decode(read.value.value);
}

const kindsIn = (body: Uint8Array) =>
  (decodeBatch(body)?.requests ?? []).map(({ kind }) => kind);

test("a replica that refuses to list once is waited for: it may hold what no other does", async () => {
  const nodes = await ringOf(["a", "b", "c"]);
  const c = named(nodes, "c");
  const links = cluster.connects;
  cluster.connects = () => false;
  for (const key of keys)
    expect(await c.put(key, encode("c alone"))).toMatchObject({ ok: true });
  cluster.connects = links;
  let isRefused = false;
  cluster.intercept = ({ to, body }) => {
    if (to !== "c" || isRefused || !kindsIn(body).includes("list"))
      return undefined;
    isRefused = true;
    return Promise.resolve({ kind: "not-sent", reason: "refused" });
  };
  const d = await cluster.start("d");
  expect(await d.join({ urls: [named(nodes, "a").url] })).toMatchObject({
    ok: true,
    value: { isComplete: true },
  });
  expect(isRefused).toBe(true);
  for (const key of keys)
    for (const node of [...nodes, d])
      await until(
        async () => (await valueAt(node, key)) === "c alone",
        `${node.name} reads ${key}`,
      );
});

test("a member that gained partitions and missed their copy has them compared", async () => {
  const nodes = await ringOf(["a", "b", "c", "d", "e"]);
  const [a] = nodes;
  if (!a) throw new Error("there are nodes");
  for (const key of keys)
    expect(await a.put(key, encode("1"))).toMatchObject({ ok: true });
  const missed = new Set<string>();
  cluster.intercept = ({ from, to, body }) => {
    const { phase } = a.greeting().layout;
    if (from !== "a" || to !== "d" || phase !== "joint") return undefined;
    const { requests = [] } = decodeBatch(body) ?? {};
    const merges = requests.filter(({ kind }) => kind === "merge");
    for (const each of merges) if (each.kind === "merge") missed.add(each.key);
    return merges.length > 0
      ? Promise.resolve({ kind: "unknown", reason: "lost" })
      : undefined;
  };
  expect(await named(nodes, "e").leave()).toMatchObject({ ok: true });
  cluster.intercept = () => undefined;
  // Of what d alone was to get, the driver knows, and keeps no replica of it.
  const { layout, self } = a.greeting();
  const isForeign = (key: string) =>
    !replicaIdsOf(layout, partitionOfKey(layout, key)).includes(self.id);
  expect([...missed].filter(isForeign)).not.toEqual([]);
  const d = named(nodes, "d");
  const links = cluster.connects;
  const isOfD = (key: string) =>
    replicaIdsOf(layout, partitionOfKey(layout, key)).includes(
      d.greeting().self.id,
    );
  for (const key of keys.filter(isOfD))
    await until(async () => {
      // What d itself has: it reaches nobody.
      cluster.connects = (from) => from !== "d";
      const value = await valueAt(d, key);
      cluster.connects = links;
      return value === "1";
    }, `d has ${key}`);
});

test("a write that is tried again counts when one of each row has it, not by what its first attempt left", async () => {
  const nodes = await ringOf(["a", "b"], { replicaCount: 1 });
  const [a, b] = nodes;
  if (!a || !b) throw new Error("there are nodes");
  const { layout, self } = a.greeting();
  const [key, other] = keys.filter((each) =>
    replicaIdsOf(layout, partitionOfKey(layout, each)).includes(self.id),
  );
  if (!key || !other) throw new Error("a has keys");
  for (const each of [key, other])
    expect(await a.put(each, encode("1"))).toMatchObject({ ok: true });

  // The key is copied, and the change goes no further: the copy of the other one fails.
  let isOtherBlocked = true;
  let isCopied = false;
  const sent: ("refused" | "taken")[] = [];
  cluster.intercept = ({ to, body, deliver }) => {
    const { requests = [] } = decodeBatch(body) ?? {};
    const merged = requests.flatMap((each) =>
      each.kind === "merge" ? [each.key] : [],
    );
    if (to !== "b") return undefined;
    // What b does not carry out a carries out itself.
    const isForward = requests.some(({ kind }) => kind === "execute");
    if (isForward || (isOtherBlocked && merged.includes(other)))
      return refused(requests.length);
    if (!merged.includes(key)) return undefined;
    if (isCopied && sent.length === 0) {
      sent.push("refused");
      return refused(requests.length);
    }
    return deliver().then((result) => {
      if (isCopied) sent.push("taken");
      isCopied = true;
      return result;
    });
  };
  const left = a.leave();
  await until(async () => isCopied, "the key is copied");
  expect(await a.put(key, encode("2"))).toMatchObject({ ok: true });
  expect(sent).toEqual(["refused", "taken"]);
  isOtherBlocked = false;
  expect(await left).toMatchObject({ ok: true });
  expect(await valueAt(b, key)).toBe("2");
});

test("a listing that meets nothing but what an earlier stay left goes on behind it", async () => {
  const nodes = await ringOf(["a", "b", "c", "d"], { partitionCount: 12 });
  const c = named(nodes, "c");
  const { layout, self } = c.greeting();
  const partition = layout.table.findIndex(
    (_, at) => (sinceOf(layout, at, self.id) ?? 0) > 0,
  );
  const ballot = { epoch: 0, counter: 1, proposer: "x" };
  const bytes = encodeRegister({
    promised: epochStart(0),
    accepted: ballot,
    entry: {
      value: new Uint8Array(1),
      revision: ballot,
      createdAt: 1,
      modifiedAt: 1,
      memory: memoryFrom(ballot),
    },
  });
  // More than the pages of all rounds of one step.
  const left = Array.from({ length: 20_000 }, (_, at) => `old ${at}`).filter(
    (key) => partitionOfKey(layout, key) === partition,
  );
  expect(left.length).toBeGreaterThan(4 * pageKeysMax);
  // The node has been in a ring of its own before, in space 0.
  const bucket = partitionBucket(1, partition);
  for (const key of left)
    await c.store.update(bucket, key, () => ({ write: bytes, result: 0 }));
  expect(await c.leave()).toMatchObject({
    ok: true,
    value: { isComplete: true },
  });
});

/** Each of so many requests is answered by a replica whose store failed. */
function refused(count: number): Promise<TransportResult> {
  const replies = Array.from(
    { length: count },
    () => ({ kind: "abstained", reason: "store-failed" }) as const,
  );
  const body = encodeAnswer({ kind: "replies", replies });
  return Promise.resolve({ kind: "answer", body });
}
