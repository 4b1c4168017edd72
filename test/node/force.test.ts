/** A force that was interrupted is the same force when it goes on: nobody who has followed is counted as gone. */
import { afterEach, describe, expect, test } from "vitest";
import {
  forcedLayout,
  isServable,
  partitionsInDoubt,
} from "../../src/core/forced-layout.ts";
import type { Layout, Member } from "../../src/core/layout.ts";
import { decodeBatch } from "../../src/core/message-codec.ts";
import {
  type Call,
  type Cluster,
  type ClusterNode,
  createCluster,
} from "./cluster.ts";

const encode = (text: string) => new TextEncoder().encode(text);
const keys = Array.from({ length: 40 }, (_, i) => `k${i}`);

let cluster: Cluster;
afterEach(() => cluster?.close());

/** Five members with three replicas each; the last two die. */
async function ringOfFive(): Promise<Record<"a" | "b" | "c", ClusterNode>> {
  cluster = createCluster({
    founding: { partitionCount: 16 },
    timing: {
      operationTimeoutMs: 1_000,
      peerCallTimeoutMs: 300,
      changeStallMsMax: 2_000,
    },
  });
  const a = await cluster.start("a");
  const others: ClusterNode[] = [];
  for (const name of ["b", "c", "d", "e"]) {
    const node = await cluster.start(name);
    expect(await node.join({ urls: [a.url] })).toMatchObject({ ok: true });
    others.push(node);
  }
  const [b, c] = others;
  if (!b || !c) throw new Error("two of the four are left");
  for (const key of keys) await a.put(key, encode(key));
  // A change is acknowledged by two replicas; by now the third has the others too.
  await a.put("last", encode("last"));
  cluster.kill("d");
  cluster.kill("e");
  return { a, b, c };
}

function isSwitch({ body }: Call): boolean {
  return decodeBatch(body)?.requests[0]?.kind === "switch";
}

/** Three of five are left, so every partition of three replicas has one of them at least: none of these may be missing. */
async function keysServed(node: ClusterNode): Promise<readonly string[]> {
  const served: string[] = [];
  for (const key of keys) {
    const read = await node.get(key);
    if (read.ok && read.value) served.push(key);
  }
  return served;
}

async function until(isReady: () => boolean): Promise<void> {
  while (!isReady()) await new Promise((resolve) => setTimeout(resolve, 5));
}

const ringIds = (nodes: readonly ClusterNode[]) => [
  ...new Set(nodes.map((node) => node.status().ringId)),
];

describe("a force that was interrupted", () => {
  test("asked for again, it goes on with the same ring and loses nobody", async () => {
    const { a, b, c } = await ringOfFive();
    cluster.intercept = (call) =>
      call.to === "c" && isSwitch(call)
        ? Promise.resolve({ kind: "unknown", reason: "time-out" })
        : undefined;
    expect(await a.remove({ name: "e", force: true })).toMatchObject({
      ok: false,
      error: { code: "change_incomplete" },
    });
    const { ringId } = b.status();
    cluster.intercept = () => undefined;
    const removed = await a.remove({ name: "e", force: true });
    expect(removed).toMatchObject({ ok: true, value: { isComplete: true } });
    await until(() => c.peers().length === 3);
    expect(ringIds([a, b, c])).toEqual([ringId]);
    for (const node of [a, b, c]) expect(await keysServed(node)).toEqual(keys);
  });

  test("after a crash of the node that began, its tick goes on with the same ring", async () => {
    const { a, b, c } = await ringOfFive();
    // It sees nobody follow, and then is no more.
    cluster.intercept = (call) =>
      isSwitch(call)
        ? call.deliver().then(() => ({ kind: "unknown", reason: "lost" }))
        : undefined;
    const before = a.status().ringId;
    const asked = a.remove({ name: "e", force: true });
    await until(() => [b, c].every((node) => node.status().ringId !== before));
    cluster.kill("a");
    expect(await asked).toMatchObject({ ok: false });
    const { ringId } = b.status();
    cluster.intercept = () => undefined;
    const restarted = await cluster.start("a", { store: a.store });
    await until(() => restarted.status().ringId === ringId);
    const removed = await restarted.remove({ name: "e", force: true });
    const gone = await restarted.remove({ name: "d", force: true });
    for (const result of [removed, gone])
      expect(result.ok || result.error.code).toSatisfy(
        (end) => end === true || end === "member_unknown",
      );
    await until(() => [b, c].every((node) => node.peers().length === 3));
    expect(ringIds([restarted, b, c])).toEqual([ringId]);
    expect(await keysServed(b)).toEqual(keys);
  });

  test("when the node that began is gone for good, those who followed take the others along", async () => {
    const { a, b, c } = await ringOfFive();
    cluster.intercept = (call) =>
      call.to === "c" && isSwitch(call)
        ? Promise.resolve({ kind: "unknown", reason: "time-out" })
        : undefined;
    expect(await a.remove({ name: "e", force: true })).toMatchObject({
      ok: false,
    });
    cluster.kill("a");
    cluster.intercept = () => undefined;
    await until(() => c.status().ringId === b.status().ringId);
  });

  test("of two at once, one wins everywhere", async () => {
    const { a, b, c } = await ringOfFive();
    await Promise.all([
      a.remove({ name: "e", force: true, wait: false }),
      b.remove({ name: "d", force: true, wait: false }),
    ]);
    await until(() => ringIds([a, b, c]).length === 1);
    for (const name of ["d", "e"]) {
      const removed = await c.remove({ name, force: true });
      expect(removed.ok || removed.error.code).toSatisfy(
        (end) => end === true || end === "member_unknown",
      );
    }
    expect(ringIds([a, b, c])).toHaveLength(1);
    expect(await keysServed(c)).toEqual(keys);
  });
});

describe("the report of a force", () => {
  test("is not complete when the new ring could not remove a member", async () => {
    const { a, b } = await ringOfFive();
    const before = a.status().ringId;
    // The node that began is cut off as soon as it is in the new ring.
    cluster.connects = (from, to) =>
      a.status().ringId === before || (from !== "a" && to !== "a");
    const removed = await a.remove({ name: "e", force: true });
    expect(removed).toMatchObject({ ok: true, value: { isComplete: false } });
    expect(a.status().ringId).toBe(b.status().ringId);
  });
});

describe("a forced layout", () => {
  const member = (id: string): Member => ({
    id,
    name: id,
    url: `http://${id}`,
    weight: 1,
    guarantee: "durable",
    versions: [1, 1],
  });
  const row = (...ids: readonly string[]) =>
    ids.map((id) => ({ id, since: 1 }));
  const layout: Layout = {
    ringId: "before",
    epoch: 7,
    phase: "stable",
    settings: {
      consistency: "linearizable",
      partitionCount: 4,
      replicaCount: 3,
      hashSeed: { low: 1, high: 2 },
      valueBytesMax: 1,
    },
    members: ["a", "b", "c", "d", "e"].map(member),
    system: ["a", "b", "c", "d", "e"],
    table: [
      row("a", "b", "d"),
      row("a", "d", "e"),
      row("d", "e", "c"),
      row("d", "e"),
    ],
  };
  const alive = ["a", "b", "c"];

  test("shrinks only the rows without a living majority, and names them", () => {
    const forced = forcedLayout(layout, alive, "after");
    expect(forced.table).toEqual([
      row("a", "b", "d"),
      row("a"),
      row("c"),
      [{ id: "a", since: 8 }],
    ]);
    expect(partitionsInDoubt(layout, forced)).toEqual([1, 2, 3]);
    expect(forced.members.map(({ id }) => id)).toEqual(["a", "b", "c", "d"]);
    expect(forced.system).toEqual(alive);
    expect(forced).toMatchObject({ ringId: "after", epoch: 8 });
  });

  test("is servable by those it was made for, and by no minority of a row or of the system", () => {
    const forced = forcedLayout(layout, alive, "after");
    expect(isServable(forced, alive)).toBe(true);
    expect(isServable(forced, ["a", "b"])).toBe(false);
    expect(isServable(forced, ["a", "c"])).toBe(false);
    expect(isServable({ ...forced, system: ["d"] }, alive)).toBe(false);
    expect(isServable(layout, alive)).toBe(false);
  });
});
