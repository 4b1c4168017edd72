/** Figures about data at rest: how fast a join copies, how much memory a node takes, how fast it starts. */
import { type Ring, startRing } from "./rings.ts";

/** Fills a ring through its nodes, many keys in flight. */
async function fill(ring: Ring, count: number): Promise<void> {
  let next = 0;
  const worker = async () => {
    while (next < count) {
      const index = next++;
      const node = ring.nodes[index % ring.nodes.length];
      const answer = await fetch(`${node?.url}/db/key-${index}`, {
        method: "PUT",
        body: `value ${index}`.padEnd(256, "."),
      });
      if (!answer.ok) throw new Error(await answer.text());
      await answer.arrayBuffer();
    }
  };
  await Promise.all(Array.from({ length: 64 }, worker));
}

/** Two nodes with two replicas hold the keys; a third joins, so that a third of all replicas moves. */
export async function joinFigures(keyCount: number) {
  const ring = await startRing({ count: 2, replicas: 2 });
  try {
    const startedAt = performance.now();
    await fill(ring, keyCount);
    const fillMs = performance.now() - startedAt;
    const { joinMs } = await ring.add();
    return {
      keyCount,
      fillPutsPerS: Math.round((keyCount / fillMs) * 1000),
      joinMs: Math.round(joinMs),
      joinKeysPerS: Math.round((keyCount / joinMs) * 1000),
    };
  } finally {
    await ring.stop();
  }
}

/** One node with all keys: its memory after the load and after a start, and how long the start takes. */
export async function startFigures(keyCount: number) {
  const ring = await startRing({ count: 1, replicas: 1 });
  try {
    await fill(ring, keyCount);
    const [node] = ring.nodes;
    if (!node) throw new Error("no node");
    const loadedMiB = Math.round(node.residentBytes() / 2 ** 20);
    await node.stop();
    const again = await ring.restart(node);
    return {
      loadedMiB,
      startMs: Math.round(again.startMs),
      startedMiB: Math.round(again.residentBytes() / 2 ** 20),
    };
  } finally {
    await ring.stop();
  }
}
