/** Watches at Durable Objects in workerd: streams are short, and whoever comes again, to any of them, misses nothing that stays. */
import { afterEach, expect, test } from "vitest";
import { authorization } from "../../scripts/chaos/secret.ts";
import { createNodeList } from "../../src/client/node-list.ts";
import { createRingPin } from "../../src/client/ring-pin.ts";
import { createStreamCall } from "../../src/client/stream-call.ts";
import { watchKey } from "../../src/client/watch.ts";
import { until } from "../e2e/until.ts";
import { createEdgeNodes, type EdgeNode, type EdgeNodes } from "./edge-node.ts";
import { edgeRingOfThree } from "./edge-ring.ts";

let nodes: EdgeNodes;
let controller: AbortController;
afterEach(async () => {
  controller?.abort();
  await nodes?.close();
});

/** What a watch at these nodes shows, as it comes; `opened` are those that served it, one after the other. */
function watchAt(given: readonly EdgeNode[], key: string) {
  controller = new AbortController();
  const { signal } = controller;
  const now = () => performance.now();
  const opened: string[] = [];
  const values: (string | undefined)[] = [];
  const ids: string[] = [];
  const states = watchKey(
    {
      nodes: createNodeList({
        urls: given.map(({ url }) => url),
        policy: "sticky",
        now,
      }),
      call: createStreamCall({ headers: { authorization } }),
      ring: createRingPin(),
      attemptTimeoutMs: 10_000,
      timeoutMs: 60_000,
      now,
      onOpen: (node) => opened.push(node),
    },
    key,
    { signal },
  );
  const ended = (async () => {
    for await (const { id, stored } of states) {
      ids.push(id);
      values.push(stored && new TextDecoder().decode(stored.bytes));
    }
  })();
  ended.catch((error: unknown) => {
    if (!signal.aborted) values.push(String(error));
  });
  return { opened, values, ids };
}

async function put(node: EdgeNode, key: string, body: string) {
  const answer = await node.fetch(`/db/${key}`, { method: "PUT", body });
  expect(answer.status).toBe(200);
}

test("every write shows, through the end of one stream after the other", async () => {
  nodes = createEdgeNodes();
  const [a, b, c] = await edgeRingOfThree(nodes);
  const { opened, values, ids } = watchAt([c], "k");
  await until(() => values.length === 1, "the first state");
  const written = Array.from({ length: 40 }, (_, index) => `v${index}`);
  for (const [index, value] of written.entries()) {
    await put(index % 2 ? a : b, "k", value);
    await until(() => values.at(-1) === value, value);
  }
  expect(values).toEqual([undefined, ...written]);
  expect(new Set(ids).size).toBe(ids.length);
  // After 15 events each.
  expect(opened.length).toBe(3);
});

test("an object that is lost takes its streams with it, and another goes on", async () => {
  nodes = createEdgeNodes();
  const [a, b, c] = await edgeRingOfThree(nodes);
  const { opened, values } = watchAt([c, b], "k");
  await put(a, "k", "1");
  await until(() => values.at(-1) === "1", "the first value");
  await c.stop();
  await put(a, "k", "2");
  await until(() => values.at(-1) === "2", "the second value");
  expect(opened).toEqual([c.url, b.url]);
  await c.start();
  await b.stop();
  await put(a, "k", "3");
  await until(() => values.at(-1) === "3", "the third value");
  expect(values.filter((value) => value === "2")).toHaveLength(1);
});
