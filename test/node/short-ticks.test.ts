/** A tick is short: what takes long is done in steps, beside which the node does its other work. */
import { afterEach, expect, test } from "vitest";
import { decodeBatch } from "../../src/core/message-codec.ts";
import { type Cluster, type ClusterNode, createCluster } from "./cluster.ts";

let cluster: Cluster | undefined;
afterEach(() => cluster?.close());

const partitionCount = 128;

/** Ticks until the work is over; gives how many ticks that took. */
async function tickUntilOver(node: ClusterNode, work: Promise<unknown>) {
  let isOver = false;
  const ended = work.finally(() => {
    isOver = true;
  });
  let tickCount = 0;
  for (; !isOver; tickCount++) {
    await node.tick();
    await new Promise(setImmediate);
  }
  return { tickCount, result: await ended };
}

test("a leave takes its keys along a few partitions at a time", async () => {
  cluster = createCluster({ founding: { partitionCount } });
  const a = await cluster.start("a");
  const b = await cluster.start("b", { hasTicks: false });
  await tickUntilOver(b, b.join({ urls: [a.url] }));
  const keys = Array.from({ length: 300 }, (_, i) => `k${i}`);
  await Promise.all(keys.map((key) => a.put(key, new Uint8Array(1))));
  const mine = await b.keys({ scope: "node", limit: 1000 });
  const listed = mine.ok ? [...mine.value.keys].sort() : [];
  expect(listed.length).toBeGreaterThan(100);

  let asked = new Set<number>();
  let partitionsATickMax = 0;
  cluster.intercept = ({ from, body }) => {
    const requests = from === "b" ? (decodeBatch(body)?.requests ?? []) : [];
    for (const request of requests)
      if (request.kind === "list") asked.add(request.partition);
    return undefined;
  };
  const counting: ClusterNode = {
    ...b,
    async tick() {
      asked = new Set();
      const next = await b.tick();
      partitionsATickMax = Math.max(partitionsATickMax, asked.size);
      return next;
    },
  };
  const { result } = await tickUntilOver(counting, b.leave());
  expect(result).toMatchObject({ ok: true, value: { isComplete: true } });
  expect(partitionsATickMax).toBeGreaterThan(0);
  expect(partitionsATickMax).toBeLessThanOrEqual(16);

  // What was taken along survives the clearing up of what was left behind.
  for (let i = 0; i < 5; i++) await b.tick();
  const kept = await b.keys({ scope: "node", limit: 1000 });
  expect(kept.ok && [...kept.value.keys].sort()).toEqual(listed);
  for (const key of listed)
    expect(await b.get(key)).toMatchObject({ ok: true, value: {} });
});

test("a join that a crash interrupted asks once a tick, and lets the tick end", async () => {
  cluster = createCluster();
  const a = await cluster.start("a");
  const b = await cluster.start("b", { hasTicks: false });
  // It has stored what it is about to do, and ends before anybody hears of it.
  cluster.intercept = ({ from }) =>
    from === "b" ? new Promise(() => {}) : undefined;
  void b.join({ urls: [a.url] });
  await expect.poll(() => b.status().activity).toBe("joining");
  cluster.kill("b");
  cluster.intercept = () => undefined;
  cluster.connects = () => false;
  const again = await cluster.start("b", { store: b.store, hasTicks: false });
  for (let i = 0; i < 3; i++) await again.tick();
  expect(again.status().activity).toBe("joining");
  cluster.connects = () => true;
  // It asks again as soon as that is due.
  const peersAfterTick = () => again.tick().then(() => again.peers());
  await expect.poll(peersAfterTick, { timeout: 20_000 }).toEqual(["b", "a"]);
});
