/** A ring of three, one of whose stores can be damaged. */
import { expect, onTestFinished } from "vitest";
import { partitionOfKey } from "../../src/core/layout.ts";
import { partitionBucket } from "../../src/node/state.ts";
import { openStore } from "../../src/store/open.ts";
import { type Cluster, type ClusterNode, createCluster } from "./cluster.ts";
import { createDamagedStore, type DamagedStore } from "./damaged-store.ts";

export interface DamagedRing {
  /** Closed with the test. */
  readonly cluster: Cluster;
  readonly nodes: readonly [ClusterNode, ClusterNode, ClusterNode];
  /** The last node's store, whose space is its second, as it has joined. */
  readonly store: DamagedStore;
}

/** Its nodes are a, b and c, and each of `keys` has its own name as its value. */
export async function damagedRing(
  keys: readonly string[],
  partitionCount = 8,
): Promise<DamagedRing> {
  const cluster = createCluster({
    founding: { partitionCount },
    timing: { operationTimeoutMs: 1_000, peerCallTimeoutMs: 400 },
  });
  onTestFinished(() => cluster.close());
  const store = createDamagedStore(await openStore({ kind: "memory" }));
  const a = await cluster.start("a");
  const b = await cluster.start("b");
  const c = await cluster.start("c", { store });
  for (const node of [b, c])
    expect(await node.join({ urls: [a.url] })).toMatchObject({ ok: true });
  for (const key of keys)
    expect(await a.put(key, new TextEncoder().encode(key))).toMatchObject({
      ok: true,
    });
  return { cluster, nodes: [a, b, c], store };
}

/** Where the node keeps the key: a joiner's space is its second. */
export function placeOf(node: ClusterNode, key: string) {
  const { layout } = node.greeting();
  const partition = partitionOfKey(layout, key);
  return { partition, bucket: partitionBucket(1, partition) };
}
