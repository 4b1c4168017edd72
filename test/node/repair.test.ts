/** Repair over a real ring: damaged records come back from the other replicas, and nothing that fails holds up the rest. */
import { afterEach, describe, expect, test } from "vitest";
import { partitionOfKey } from "../../src/core/layout.ts";
import { floorBucket, partitionBucket } from "../../src/node/state.ts";
import { openStore } from "../../src/store/open.ts";
import { type Cluster, type ClusterNode, createCluster } from "./cluster.ts";
import { createDamagedStore, type DamagedStore } from "./damaged-store.ts";

const encode = (text: string) => new TextEncoder().encode(text);
const keys = Array.from({ length: 30 }, (_, i) => `k${i}`);

let cluster: Cluster;
afterEach(() => cluster?.close());

interface Rings {
  readonly nodes: readonly [ClusterNode, ClusterNode, ClusterNode];
  /** The last node's store. */
  readonly store: DamagedStore;
}

async function ringOfThree(partitionCount = 8): Promise<Rings> {
  cluster = createCluster({
    founding: { partitionCount },
    timing: { operationTimeoutMs: 1_000, peerCallTimeoutMs: 400 },
  });
  const store = createDamagedStore(await openStore({ kind: "memory" }));
  const a = await cluster.start("a");
  const b = await cluster.start("b");
  const c = await cluster.start("c", { store });
  for (const node of [b, c])
    expect(await node.join({ urls: [a.url] })).toMatchObject({ ok: true });
  for (const key of keys)
    expect(await a.put(key, encode(key))).toMatchObject({ ok: true });
  return { nodes: [a, b, c], store };
}

/** Where the node keeps the key: a joiner's space is its second. */
function placeOf(node: ClusterNode, key: string) {
  const { layout } = node.greeting();
  const partition = partitionOfKey(layout, key);
  return { partition, bucket: partitionBucket(1, partition) };
}

async function until(isReady: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await isReady()))
    await new Promise((resolve) => setTimeout(resolve, 5));
}

describe("a record that failed its checksum", () => {
  test("comes back once somebody asks for it", async () => {
    const { nodes, store } = await ringOfThree();
    const [, , c] = nodes;
    const { bucket } = placeOf(c, "k1");
    expect(await store.read(bucket, "k1")).toMatchObject({ kind: "record" });
    store.damage(bucket, "k1");
    expect(await c.get("k1")).toMatchObject({
      ok: true,
      value: { value: encode("k1") },
    });
    await until(async () => (await store.read(bucket, "k1")).kind === "record");
    await until(() => c.status().unreadableRecords === 0);
  });

  test("comes back unasked, although its name does not tell its key", async () => {
    const { nodes, store } = await ringOfThree();
    const [a, b, c] = nodes;
    const { bucket, partition } = placeOf(c, "k1");
    store.damage(bucket, "k1", { isNameless: true });
    // Both others miss a write of the partition's, so that their digests are asked for.
    expect(c.status().unreadableRecords).toBe(0);
    cluster.connects = (_, to) => to !== "b";
    const neighbour = keys.find(
      (key) => key !== "k1" && placeOf(c, key).partition === partition,
    );
    await a.put(neighbour ?? "k1", encode("new"));
    cluster.connects = () => true;
    await until(async () => (await store.read(bucket, "k1")).kind === "record");
    await until(() =>
      [a, b, c].every((n) => n.status().unreadableRecords === 0),
    );
  });
});

describe("an unreadable floor", () => {
  test("is told in the status, and no key is blamed for it", async () => {
    const { nodes, store } = await ringOfThree(1);
    const [, , c] = nodes;
    store.damage(floorBucket(1), "0");
    cluster.kill("c");
    const again = await cluster.start("c", { store });
    await again.put("k1", encode("again"));
    await until(() => again.status().unreadableFloors !== undefined);
    expect(again.status()).toMatchObject({
      unreadableFloors: [0],
      unreadableRecords: 0,
    });
    expect(c.status().unreadableFloors).toBeUndefined();
  });
});
