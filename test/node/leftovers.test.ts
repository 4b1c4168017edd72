/** A join that could not move every partition says so, and the rest is moved when the members answer again. */
import { afterEach, expect, test } from "vitest";
import { type Cluster, createCluster } from "./cluster.ts";

let cluster: Cluster | undefined;
afterEach(() => cluster?.close());

test("partitions without a majority stay behind a join, and follow by themselves", async () => {
  cluster = createCluster({
    founding: { replicaCount: 2, partitionCount: 12 },
    timing: {
      changeStallMsMax: 1_000,
      peerCallTimeoutMs: 200,
      operationTimeoutMs: 1_000,
    },
  });
  const a = await cluster.start("a");
  for (const name of ["b", "c"]) {
    const node = await cluster.start(name);
    expect(await node.join({ urls: [a.url] })).toMatchObject({ ok: true });
  }
  const keys = Array.from({ length: 40 }, (_, i) => `k${i}`);
  for (const key of keys)
    expect(await a.put(key, new Uint8Array(1))).toMatchObject({ ok: true });

  // Of two replicas both are needed: what c keeps cannot be copied without it.
  const isCut = (name: string) => name === "c";
  cluster.connects = (from, to) => !isCut(from) && !isCut(to);
  const d = await cluster.start("d");
  const joined = await d.join({ urls: [a.url] });
  expect(joined).toMatchObject({ ok: true, value: { isComplete: false } });
  const left = joined.ok ? joined.value.partitionsLeft : undefined;
  expect(left).toBeGreaterThan(0);
  expect(left).toBeLessThan(12);
  expect(d.status()).toMatchObject({ phase: "stable", isEven: false });
  // Asked again, it says so again.
  expect(await d.join({ urls: [a.url] })).toMatchObject({
    ok: true,
    value: { isComplete: false, partitionsLeft: left },
  });

  cluster.connects = () => true;
  for (const node of cluster.nodes)
    await expect
      .poll(
        () => [
          node.status().isEven,
          node.status().members.map((member) => member.partitions),
        ],
        { timeout: 20_000 },
      )
      .toEqual([true, [6, 6, 6, 6]]);
  for (const key of keys)
    expect(await d.get(key)).toMatchObject({ ok: true, value: {} });
});
