/** Rings of Durable Objects in workerd: they form, lose their memory at any time, and lose nothing else. */
import { afterEach, describe, expect, test } from "vitest";
import { each } from "../e2e/each.ts";
import { until } from "../e2e/until.ts";
import {
  createEdgeNodes,
  type EdgeNode,
  type EdgeNodes,
  type Intercept,
} from "./edge-node.ts";
import { edgeRingOfThree, isInRingOf } from "./edge-ring.ts";

let nodes: EdgeNodes;
afterEach(() => nodes?.close());

/** Three, who hear from each other what `intercept` lets pass. */
async function ring(
  intercept?: Intercept,
): Promise<readonly [EdgeNode, EdgeNode, EdgeNode]> {
  nodes = createEdgeNodes();
  return edgeRingOfThree(nodes, intercept);
}

const keys = Array.from({ length: 200 }, (_, index) => `key/${index}`);

async function fill(node: EdgeNode): Promise<void> {
  await each(keys, 16, async (key) => {
    const answer = await node.fetch(`/db/${key}`, { method: "PUT", body: key });
    expect(answer.status, key).toBe(200);
  });
}

async function expectAll(node: EdgeNode): Promise<void> {
  await each(keys, 16, async (key) => {
    const answer = await node.fetch(`/db/${key}`);
    expect(await answer.text(), key).toBe(key);
  });
}

/** What is over when an eviction struck is asked for again. */
async function persistently(call: () => Promise<Response>): Promise<Response> {
  let answer = await call();
  while (answer.status >= 500) answer = await call();
  return answer;
}

test("a node that loses its memory or its process has everything", async () => {
  const [a, b, c] = await ring();
  await fill(a);
  await b.evict();
  await expectAll(b);
  await b.stop();
  await expectAll(c);
  await b.start();
  await expectAll(b);
});

test("a join comes to its end while nodes are evicted again and again", async () => {
  const started = await ring();
  const [a] = started;
  await fill(a);
  const d = await nodes.start({ name: "d", variables: { JOIN: a.url } });
  // Whatever each of them is doing; then they are left alone, as on a slow machine nothing would move between two.
  for (const node of [d, a, ...started, d, ...started, d]) await node.evict();
  await until(() => isInRingOf(d, 4), "d is in the ring");
  for (const node of [...started, d]) await expectAll(node);
});

test("alarms alone bring a change to its end when nobody asks anything", async () => {
  const started = await ring();
  const [a] = started;
  await fill(a);
  const d = await nodes.start({ name: "d" });
  const join = await d.fetch("/dht/join?wait=0", {
    method: "POST",
    body: `${a.url}\n`,
  });
  expect(join.status).toBe(202);
  for (const node of [...started, d]) await node.evict();
  await until(async () => {
    const { phase, members } = await d.view();
    return phase === "stable" && members.length === 4;
  }, "d is in the ring");
  await expectAll(d);
});

test("an idle ring sleeps: no alarm, no call, no row", async () => {
  const started = await ring();
  const [a] = started;
  await fill(a);
  for (const node of started)
    await until(
      async () => (await node.view()).isResting,
      `${node.name} is at rest`,
    );
  for (const node of started) expect((await node.view()).alarm).toBeNull();
  // A life that follows a rest looks at nothing that was left in order, and wakes nobody.
  const before = await Promise.all(started.map((node) => node.counts()));
  await a.evict();
  expect(await (await a.fetch("/dht/peers")).text()).toBe("a\r\nb\r\nc\r\n");
  const after = await Promise.all(started.map((node) => node.counts()));
  expect(after[0]?.lives).toBe((before[0]?.lives ?? 0) + 1);
  expect(after[0]?.calls).toBe(before[0]?.calls);
  expect(after[0]?.rowsWritten).toBe(before[0]?.rowsWritten);
  expect(after.slice(1).map(({ requests }) => requests)).toEqual(
    before.slice(1).map(({ requests }) => requests),
  );
});

test("a key's time to live ends although the object slept until then", async () => {
  nodes = createEdgeNodes();
  const a = await nodes.start({ name: "a" });
  // Long enough to be at rest before it ends, on whatever machine.
  for (let seconds = 20; ; seconds *= 2) {
    const endsBefore = Date.now() + (seconds + 2) * 1000;
    const path = `/db/short?ttl=${seconds}`;
    const put = await a.fetch(path, { method: "PUT", body: "v" });
    expect(put.status).toBe(200);
    await until(async () => (await a.view()).isResting, "a is at rest");
    const { alarm } = await a.view();
    expect(alarm).not.toBeNull();
    if (alarm !== null && alarm <= endsBefore) break;
  }
  const { alarms } = await a.counts();
  await a.evict();
  await until(
    async () => (await a.counts()).alarms > alarms,
    "the alarm has come",
  );
  expect((await a.fetch("/db/short")).status).toBe(404);
});

describe("between nodes", () => {
  /** What the platform answers in a node's place (error 1042). */
  const foreign = () => new Response("error code: 1042", { status: 404 });

  test("a platform's own page is no answer: the others serve", async () => {
    let isCut = false;
    const [a, b] = await ring(({ to, from }) =>
      isCut && (from === "b" || to === "b") ? foreign() : undefined,
    );
    await fill(a);
    isCut = true;
    await expectAll(a);
    const put = await persistently(() =>
      a.fetch("/db/while-cut", {
        method: "PUT",
        body: "v",
        headers: { "idempotency-key": "once" },
      }),
    );
    expect(put.status).toBe(200);
    // Alone, b has no majority; it says so, and nothing else.
    const alone = await b.fetch("/db/while-cut");
    expect(alone.status).toBe(503);
    expect(await alone.json()).toMatchObject({ code: "no_quorum" });
    isCut = false;
    await until(
      async () => (await b.fetch("/db/while-cut")).status === 200,
      "b is back",
    );
    expect(await (await b.fetch("/db/while-cut")).text()).toBe("v");
  });
});
