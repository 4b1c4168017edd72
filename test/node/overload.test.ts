/** More operations than may wait for one peer: those beyond are told so at once, and nothing was applied for them. */
import { afterEach, expect, test } from "vitest";
import { partitionOfKey, primaryOf } from "../../src/core/layout.ts";
import { batchOperationsMax, peerQueueMax } from "../../src/core/limits.ts";
import type { RingNode } from "../../src/node/api.ts";
import { type Cluster, createCluster } from "./cluster.ts";

let cluster: Cluster | undefined;
afterEach(() => cluster?.close());

const value = new Uint8Array(1);

/** What fits before a peer that does not answer: those that wait, and those in the batches under way. */
const fittingCount = peerQueueMax + 4 * batchOperationsMax;

type Operate = (node: RingNode, key: string) => Promise<{ ok: boolean }>;

/** With one replica a node forwards what it asks of the other; with two it coordinates its own keys with the other's vote. */
test.each<[name: string, replicaCount: number, Operate]>([
  ["a forwarded write", 1, (node, key) => node.put(key, value)],
  ["a write of the node's own", 2, (node, key) => node.put(key, value)],
  ["a read", 2, (node, key) => node.get(key)],
])("%s", { timeout: 60_000 }, async (_, replicaCount, operate) => {
  cluster = createCluster({ founding: { replicaCount } });
  const a = await cluster.start("a");
  const b = await cluster.start("b");
  expect(await b.join({ urls: [a.url] })).toMatchObject({ ok: true });
  const { layout, self } = a.greeting();
  const isForwarded = replicaCount === 1;
  const keys: string[] = [];
  for (let i = 0; keys.length <= fittingCount; i++) {
    const isOwn =
      primaryOf(layout, partitionOfKey(layout, `k${i}`)) === self.id;
    if (isOwn !== isForwarded) keys.push(`k${i}`);
  }
  const [last = "", ...first] = keys;

  const held = Promise.withResolvers<void>();
  cluster.intercept = ({ from, deliver }) =>
    from === "a" ? held.promise.then(() => deliver()) : undefined;
  let endedCount = 0;
  const waiting = first.map((key) =>
    operate(a, key).finally(() => endedCount++),
  );
  expect(await operate(a, last)).toMatchObject({
    ok: false,
    error: { code: "overloaded" },
  });
  // It was told at once: those that fitted still wait.
  expect(first.length - endedCount).toBeGreaterThanOrEqual(peerQueueMax);
  held.resolve();
  await Promise.all(waiting);
  expect(await b.get(last)).toEqual({ ok: true, value: undefined });
  expect(await operate(a, last)).toMatchObject({ ok: true });
});
