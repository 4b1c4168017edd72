/** A Durable Object among eight servers: a mixed ring, in which it never has more than six calls waiting. */
import { afterEach, expect, test } from "vitest";
import { fanOutMax } from "../../src/core/limits.ts";
import { startServer } from "../../src/runtime/nodejs.ts";
import type { RunningServer } from "../../src/runtime/server.ts";
import { openStore } from "../../src/store/open.ts";
import { each } from "../e2e/each.ts";
import { until } from "../e2e/until.ts";
import { createEdgeNodes, type EdgeNodes, secret } from "./edge-node.ts";
import { isInRingOf } from "./edge-ring.ts";

const servers: RunningServer[] = [];
let nodes: EdgeNodes;
afterEach(async () => {
  await nodes?.close();
  await Promise.all(servers.splice(0).map((server) => server.close()));
});

async function ringOfServers(count: number): Promise<readonly string[]> {
  for (let index = 0; index < count; index++) {
    const server = await startServer({
      name: `server-${index}`,
      port: 0,
      secret,
      founding: { partitionCount: 32, valueBytesMax: 1000 },
      openStore: () => openStore({ kind: "memory" }),
    });
    servers.push(server);
    const [first] = servers;
    if (!first || first === server) continue;
    const joined = await server.node.join({ urls: [first.url] });
    expect(joined).toMatchObject({ ok: true });
  }
  return servers.map(({ url }) => url);
}

test("waits for six answers at most, and reaches everybody", async () => {
  const urls = await ringOfServers(8);
  let waitingCount = 0;
  let waitingMax = 0;
  const called = new Set<string>();
  nodes = createEdgeNodes();
  const edge = await nodes.start({
    name: "edge",
    variables: { JOIN: urls.join(",") },
    async intercept({ to, deliver }) {
      called.add(new URL(to).origin);
      waitingMax = Math.max(waitingMax, ++waitingCount);
      try {
        return await deliver();
      } finally {
        waitingCount--;
      }
    },
  });
  await until(() => isInRingOf(edge, 9), "the object is in the ring");

  const keys = Array.from({ length: 300 }, (_, index) => `k${index}`);
  await each(keys, 100, async (key) => {
    const put = await edge.fetch(`/db/${key}`, { method: "PUT", body: key });
    expect(put.status).toBe(200);
  });
  await each(keys, 100, async (key) =>
    expect(await (await edge.fetch(`/db/${key}`)).text()).toBe(key),
  );
  const listed = await edge.fetch("/db?scope=ring");
  expect((await listed.text()).trimEnd().split("\r\n").sort()).toEqual(
    keys.toSorted(),
  );
  expect(called.size).toBe(urls.length);
  expect(waitingMax).toBe(fanOutMax);
});
