/** A member that slept hears of the ring's layout from whoever stands where a member was that it knows. */
import { afterEach, expect, test } from "vitest";
import { until } from "../e2e/until.ts";
import { type Cluster, type ClusterNode, createCluster } from "./cluster.ts";

let cluster: Cluster;
afterEach(() => cluster?.close());

test("a replaced member's successor tells it, as the only one that it can reach", async () => {
  cluster = createCluster({
    founding: { partitionCount: 8, replicaCount: 5 },
    timing: { operationTimeoutMs: 1_000, peerCallTimeoutMs: 300 },
  });
  const nodes: ClusterNode[] = [];
  for (const name of ["a", "b", "c", "d", "sleeper"]) {
    const node = await cluster.start(name);
    nodes.push(node);
    if (nodes[0] && nodes[0] !== node)
      expect(await node.join({ urls: [nodes[0].url] })).toMatchObject({
        ok: true,
      });
  }
  const sleeper = nodes[4];
  const known = sleeper?.status().epoch ?? 0;
  cluster.connects = (from, to) => from !== "sleeper" && to !== "sleeper";
  cluster.kill("c");
  const successor = await cluster.start("c");
  const urls = ["http://a"];
  expect(await successor.join({ urls, replace: true })).toMatchObject({
    ok: true,
  });
  expect(sleeper?.status().epoch).toBe(known);

  cluster.connects = (from, to) =>
    ![from, to].includes("sleeper") || [from, to].includes("c");
  // Nobody tells it unasked.
  cluster.intercept = ({ to }) =>
    to === "sleeper"
      ? Promise.resolve({ kind: "not-sent", reason: "refused" })
      : undefined;
  void sleeper?.get("k");
  await until(
    () => sleeper?.status().epoch === successor.status().epoch,
    "the sleeper knows the layout",
  );
  expect(sleeper?.status().members).toHaveLength(5);
});
