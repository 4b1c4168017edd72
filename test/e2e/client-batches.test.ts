/** A client with many operations at once, whose batches are on their way to nodes that are killed: each ends on its own, and takes effect once. */
import { expect, test } from "vitest";
import { createClient } from "../../src/client/client.ts";
import { nodesForTest } from "./test-nodes.ts";

const workerCount = 48;
/** Each worker has keys of its own, so that their operation ids are not pushed out by others'. */
const roundsMin = 12;

test("nothing is lost, and nothing counted twice, when a node is killed in the middle", async () => {
  const nodes = await nodesForTest();
  const ring = await nodes.startRing(["a", "b", "c"]);
  const [, victim] = ring;
  if (!victim) throw new Error("no node");
  const client = createClient({
    nodes: ring.map(({ url }) => url),
    // Busy machines hold processes up; only that is waited out here.
    patient: true,
    timeoutMs: 120_000,
  });
  let isOver = false;
  let doneCount = 0;
  async function work(id: number): Promise<number> {
    let count = 0;
    while (!isOver || count < roundsMin) {
      const { value } = await client.increment(`count/${id}`);
      expect(value).toBe(++count);
      await client.set(`value/${id}`, { count });
      expect(await client.get(`value/${id}`)).toEqual({ count });
      doneCount++;
    }
    return count;
  }
  async function untilDone(more: number): Promise<void> {
    const wanted = doneCount + more;
    await expect
      .poll(() => doneCount, { timeout: 100_000 })
      .toBeGreaterThanOrEqual(wanted);
  }
  const working = Promise.all(
    Array.from({ length: workerCount }, (_, id) => work(id)),
  );
  working.catch(() => {});
  await untilDone(workerCount);
  await victim.kill();
  await untilDone(2 * workerCount);
  await victim.restart();
  await untilDone(2 * workerCount);
  isOver = true;
  const counts = await working;

  const keys = counts.map((_, id) => `count/${id}`);
  // Through the node that was away, too.
  for (const { url } of ring) {
    const one = createClient({ nodes: [url], patient: true });
    expect(await one.getMany<number>(keys)).toEqual(
      new Map(counts.map((count, id) => [`count/${id}`, count])),
    );
  }
});
