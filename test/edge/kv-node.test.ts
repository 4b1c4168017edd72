/** Nodes whose values are in Workers KV: the HTTP suite, an eventual ring of them, evictions, cron, and who refuses them. */
import { afterEach, describe, expect, test } from "vitest";
import { valueBytesDefault } from "../../src/core/limits.ts";
import { joinRing } from "../e2e/calls.ts";
import { each } from "../e2e/each.ts";
import { until } from "../e2e/until.ts";
import { nodeSuite } from "../suite/node.ts";
import {
  createEdgeNodes,
  type EdgeNode,
  type EdgeNodes,
  secret,
} from "./edge-node.ts";
import { isInRingOf } from "./edge-ring.ts";

nodeSuite(
  "a Durable Object over Workers KV, in workerd",
  {
    missingStatus: 404,
    valueBytesMax: valueBytesDefault,
    secret,
    isEventual: true,
    noticesLate: "workerd cancels a stream when it writes to it in vain",
    noHugeBodies:
      "workerd closes the connection of a large body that is refused unread, before the caller has read the answer",
  },
  async () => {
    const own = createEdgeNodes();
    const node = await own.start({ name: "edge", hasKv: true });
    return {
      url: node.url,
      fetch: (target, init) => fetch(target, init),
      close: () => own.close(),
    };
  },
);

let nodes: EdgeNodes;
afterEach(() => nodes?.close());

const openly = { SECRET: "", INSECURE: "true" };
const keys = Array.from({ length: 60 }, (_, index) => `key ${index}`);

async function startKv(name: string, join?: EdgeNode): Promise<EdgeNode> {
  const variables = { ...openly, ...(join && { JOIN: join.url }) };
  return nodes.start({ name, variables, hasKv: true });
}

const put = (node: EdgeNode, key: string, body: string) =>
  node.fetch(`/db/${encodeURIComponent(key)}`, { method: "PUT", body });
const textAt = async (node: EdgeNode, key: string) =>
  (await node.fetch(`/db/${encodeURIComponent(key)}`)).text();

describe("an eventual ring of KV nodes", () => {
  test("moves its keys as members come, serves them with one alone, and converges", async () => {
    nodes = createEdgeNodes();
    const a = await startKv("a");
    await each(keys, 8, async (key) => {
      const answer = await put(a, key, `${key} of a`);
      expect(answer.status).toBe(200);
      expect(answer.headers.get("ringwalk-consistency")).toBe("eventual");
    });
    const b = await startKv("b", a);
    await until(() => isInRingOf(b, 2), "b is in the ring");
    const c = await startKv("c", a);
    await until(() => isInRingOf(c, 3), "c is in the ring");
    for (const node of [b, c])
      for (const key of keys)
        expect(await textAt(node, key)).toBe(`${key} of a`);

    await a.stop();
    await b.stop();
    for (const key of keys)
      expect((await put(c, key, `${key} of c`)).status).toBe(200);
    await c.evict();
    for (const key of keys) expect(await textAt(c, key)).toBe(`${key} of c`);
    await a.start();
    await b.start();
    for (const node of [a, b])
      await until(async () => {
        const texts = await Promise.all(keys.map((key) => textAt(node, key)));
        return texts.every((text, at) => text === `${keys[at]} of c`);
      }, `${node.name} has what c took alone`);
  });

  test("a cron trigger has the object work, and makes none that nobody asked for", async () => {
    nodes = createEdgeNodes();
    const a = await startKv("a");
    await a.strikeCron();
    expect((await a.view()).epoch).toBeUndefined();
    expect((await put(a, "k", "v")).status).toBe(200);
    await a.evict();
    const { lives } = await a.counts();
    await a.strikeCron();
    expect((await a.counts()).lives).toBeGreaterThanOrEqual(lives);
    expect(await textAt(a, "k")).toBe("v");
  });
});

describe("a node that is deployed again", () => {
  const again = async (node: EdgeNode, hasKv: boolean) => {
    await node.stop();
    return nodes.start({ name: node.name, variables: openly, hasKv });
  };

  test.each([true, false])(
    "with its values elsewhere says so, and has them when they are back (in KV: %s)",
    async (hasKv) => {
      nodes = createEdgeNodes();
      const before = await nodes.start({ name: "a", variables: openly, hasKv });
      expect((await put(before, "k", "v")).status).toBe(200);
      const wrong = await again(before, !hasKv);
      const answer = await wrong.fetch("/db/k");
      expect(answer.status).toBe(503);
      expect(await answer.json()).toMatchObject({
        code: "not_configured",
        detail: expect.stringContaining("binding KV"),
      });
      expect(await textAt(await again(wrong, hasKv), "k")).toBe("v");
    },
  );
});

test("a linearizable ring refuses a node whose values are in KV", async () => {
  nodes = createEdgeNodes();
  const strong = await nodes.start({ name: "strong", variables: openly });
  const kv = await startKv("kv");
  await put(strong, "k", "v");
  const answer = await kv.fetch("/dht/join", {
    method: "POST",
    body: `${strong.url}\n`,
  });
  expect(answer.status).toBe(409);
  expect(await answer.json()).toMatchObject({ code: "join_store_unfit" });
  expect(await isInRingOf(strong, 1)).toBe(true);
});

test("an eventual ring takes members of stronger stores", async () => {
  nodes = createEdgeNodes();
  const kv = await startKv("kv");
  await put(kv, "k", "v");
  const object = await nodes.start({ name: "object", variables: openly });
  await joinRing(object, kv);
  await until(() => isInRingOf(object, 2), "both are in the ring");
  expect(await textAt(object, "k")).toBe("v");
});
