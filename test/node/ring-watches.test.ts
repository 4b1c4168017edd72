/** Watches of the ring over real nodes in one process: what they show, whom they ask, and when nobody is asked. */
import { afterEach, describe, expect, test } from "vitest";
import { decodeBatch } from "../../src/core/message-codec.ts";
import type { RingView, RingWatch } from "../../src/node/ring-view.ts";
import { type Cluster, type ClusterNode, createCluster } from "./cluster.ts";

let cluster: Cluster;
const open = new Set<RingWatch>();
afterEach(() => {
  for (const watch of open) watch.close();
  open.clear();
  return cluster?.close();
});

type Three = readonly [ClusterNode, ClusterNode, ClusterNode];

async function ringOfThree(): Promise<Three> {
  cluster = createCluster({
    founding: { partitionCount: 8 },
    timing: { operationTimeoutMs: 600, peerCallTimeoutMs: 200 },
  });
  const [a, b, c] = await Promise.all(
    ["a", "b", "c"].map((name) => cluster.start(name)),
  );
  if (!a || !b || !c) throw new Error("three were started");
  for (const node of [b, c])
    expect(await node.join({ urls: [a.url] })).toMatchObject({ ok: true });
  return [a, b, c];
}

function watchAt(node: ClusterNode): RingWatch {
  const watch = node.watchRing();
  if (!watch.ok) throw new Error(watch.error.message);
  open.add(watch.value);
  return watch.value;
}

/** The first view that is as it should be; views that are not are left out. */
async function viewOf(
  watch: RingWatch,
  isSo: (view: RingView) => boolean,
): Promise<RingView> {
  for (;;) {
    const event = await watch.next();
    if (event.kind === "ended") throw new Error("the watch has ended");
    if (event.kind === "view" && isSo(event.view)) return event.view;
  }
}

const healthOf = ({ members }: RingView, of: string) =>
  members.find(({ name }) => name === of)?.health;

test("the ring at once, with its table, and then how each member fares", async () => {
  const [a, b] = await ringOfThree();
  const watch = watchAt(a);
  const first = await watch.next();
  expect(first).toMatchObject({
    kind: "view",
    view: { name: "a", vitals: {}, joining: [], leaving: [] },
    table: { members: ["a", "b", "c"] },
  });
  if (first.kind !== "view") throw new Error("it is a view");
  expect(first.table?.partitions).toHaveLength(8);
  expect(first.table?.partitions[0]).toHaveLength(3);
  await b.put("k", new TextEncoder().encode("v"));
  const { vitals } = await viewOf(
    watch,
    ({ vitals }) => (vitals.b?.operationsPerSecond ?? 0) > 0,
  );
  expect(vitals.c).toMatchObject({ records: 1, operationsPerSecond: 0 });
  expect(vitals.b?.latencyMs).toBeGreaterThanOrEqual(0);
  // Nothing but figures has changed: the table is not told again.
  const later = await watch.next();
  expect("table" in later).toBe(false);
});

test("a member that falls silent shows, holds nobody up, and shows again", async () => {
  const [a] = await ringOfThree();
  const watch = watchAt(a);
  await viewOf(watch, ({ vitals }) => vitals.c !== undefined);
  cluster.connects = (_, to) => to !== "c";
  const dead = await viewOf(watch, (view) => healthOf(view, "c") !== "ok");
  expect(healthOf(dead, "c")).toBe("suspected");
  expect(dead.vitals.c).toBeUndefined();
  expect(dead.vitals.b).toBeDefined();
  cluster.connects = () => true;
  const back = await viewOf(watch, ({ vitals }) => vitals.c !== undefined);
  expect(healthOf(back, "c")).toBe("ok");
});

test("a join shows as it begins and as it ends", async () => {
  const [a, b] = await ringOfThree();
  const d = await cluster.start("d");
  // The copy waits until it was seen.
  const held = Promise.withResolvers<void>();
  cluster.intercept = ({ body, deliver }) =>
    decodeBatch(body)?.requests.some(({ kind }) => kind === "list")
      ? held.promise.then(() => deliver())
      : undefined;
  // It is another member that drives the change.
  const watch = watchAt(b);
  await watch.next();
  const joined = d.join({ urls: [a.url] });
  const joint = await viewOf(watch, ({ progress }) => progress !== undefined);
  expect(joint).toMatchObject({ phase: "joint", joining: ["d"], leaving: [] });
  expect(joint.progress?.partitionsDone).toBe(0);
  expect(b.status().progress).toBeUndefined();
  held.resolve();
  const stable = await viewOf(
    watch,
    ({ phase, members }) => phase === "stable" && members.length === 4,
  );
  expect([stable.joining, stable.progress]).toEqual([[], undefined]);
  expect(await joined).toMatchObject({ ok: true });
});

describe("members are asked", () => {
  function countPings() {
    const counts = new Map<string, number>();
    cluster.intercept = ({ to, body }) => {
      const isPing = decodeBatch(body)?.requests.some(
        (request) => request.kind === "ping" && request.withVitals,
      );
      if (isPing) counts.set(to, (counts.get(to) ?? 0) + 1);
      return undefined;
    };
    return counts;
  }

  test("once a round, however many watch, and not at all when nobody does", async () => {
    const [a] = await ringOfThree();
    const counts = countPings();
    const watches = [watchAt(a), watchAt(a), watchAt(a)];
    for (const watch of watches)
      await viewOf(watch, ({ vitals }) => vitals.c !== undefined);
    expect(Object.fromEntries(counts)).toEqual({ b: 1, c: 1 });
    for (const watch of watches) watch.close();
    const [first] = watches;
    expect(await first?.next()).toEqual({ kind: "ended" });
    // Whoever comes now begins a course of its own: of the former one nothing is left that could ask.
    const next = watchAt(a);
    await viewOf(next, ({ vitals }) => vitals.c !== undefined);
    expect(Object.fromEntries(counts)).toEqual({ b: 2, c: 2 });
  });
});

test("watches end when the node shuts down", async () => {
  const [a] = await ringOfThree();
  const watch = watchAt(a);
  await viewOf(watch, ({ vitals }) => vitals.c !== undefined);
  const next = watch.next();
  await a.drain();
  expect(await next).toEqual({ kind: "ended" });
  // Whoever comes again at once is not what the node waits for.
  expect(a.watchRing()).toMatchObject({ error: { code: "shutting_down" } });
});
