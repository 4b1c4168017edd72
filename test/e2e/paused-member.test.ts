/** A membership change while a member stands still (SIGSTOP: it takes connections and never answers) ends, and soon. */
import { expect, test } from "vitest";
import { changeStallMsMax, peerCallTimeoutMs } from "../../src/core/limits.ts";
import {
  call,
  keyPath,
  peersAt,
  putAll,
  statusOf,
  wrongReads,
} from "./calls.ts";
import type { NodeProcess } from "./nodes.ts";
import { valuesOf } from "./seed-scenarios.ts";
import { nodesForTest } from "./test-nodes.ts";
import { until } from "./until.ts";

/** Of most of them the paused member is a replica: waited for at each, or at every eight, a change would take minutes. */
const partitions = 512;
/** However many partitions there are: as long as a ring waits for progress, and a few calls that are not answered. */
const waitingMsMax = changeStallMsMax + 5 * peerCallTimeoutMs;
const testTimeoutMs = 600_000;

/** Asks for a change, and gives how long it took until it was done. */
async function msOf(
  node: NodeProcess,
  path: string,
  body: unknown,
): Promise<number> {
  const startedAt = performance.now();
  const response = await call(node, path, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  });
  expect([200, 202], await response.text()).toContain(response.status);
  return performance.now() - startedAt;
}

async function untilMembers(
  nodes: readonly NodeProcess[],
  names: readonly string[],
): Promise<void> {
  for (const node of nodes)
    await until(
      async () => (await peersAt(node)).toSorted().join() === names.join(),
      `${node.name} knows the members ${names}`,
    );
}

test(
  "a paused member is removed in bounded time, and every value is served",
  async () => {
    const nodes = await nodesForTest({ partitions });
    const ring = await nodes.startRing(["a", "b", "c", "d"]);
    const [first, second, third, paused] = ring;
    if (!first || !second || !third || !paused) throw new Error("no node");
    const values = valuesOf("key ", 100);
    await putAll(values, () => first);

    // What a change takes on this machine, now, with everybody there.
    const other = await nodes.start("e");
    const urls = [second.url];
    const calmMs = await msOf(other, "/dht/join", { urls });
    const changeMsMax = 3 * calmMs + waitingMsMax;

    await paused.pause();
    const left = [first, second, third, other];
    expect(await msOf(first, "/dht/remove", { name: "d" })).toBeLessThan(
      changeMsMax,
    );
    await untilMembers(left, ["a", "b", "c", "e"]);
    expect(await wrongReads(left, values)).toEqual([]);

    // It finds the request to leave, or the new layout: either way it serves nobody who wants this ring.
    const { ringId } = await statusOf(first);
    paused.resume();
    await until(async () => {
      const response = await call(paused, keyPath("key 1"), {
        headers: { "ringwalk-ring": ringId },
      });
      await response.arrayBuffer();
      return [421, 503].includes(response.status);
    }, "d knows that it is not in the ring");
  },
  testTimeoutMs,
);
