/** Bulk requests against a node that answers when the test says: what is under way, and held, is bounded, and nothing hangs. */
import { describe, expect, onTestFinished, test } from "vitest";
import type { Ballot } from "../../src/core/ballot.ts";
import { fail, ok } from "../../src/core/errors.ts";
import { loadLimits } from "../../src/http/load.ts";
import type { RingNode } from "../../src/node/api.ts";
import { appOf } from "./stub-node.ts";

const revision: Ballot = { epoch: 1, counter: 2, proposer: "p" };
const headers = { "content-type": "application/x-ndjson" };
const value = { revision, createdAt: 0, modifiedAt: 0 };

const limits = (operationsMax: number, bytesMax: number) => ({
  load: {
    bulk: {
      request: { operationsMax, bytesMax },
      node: loadLimits.bulk.node,
    },
  },
});

const lineOf = (object: object) => `${JSON.stringify(object)}\n`;
const put = (key: string, text = "v") =>
  lineOf({ op: "put", key, value: text });
const get = (key: string) => lineOf({ op: "get", key });

/** A node whose operations wait until each is let go, in any order. */
function heldNode() {
  const waiting = new Map<string, () => void>();
  const begun: string[] = [];
  const held = async <T>(name: string, result: T): Promise<T> => {
    begun.push(name);
    await new Promise<void>((resolve) => waiting.set(name, resolve));
    return result;
  };
  const node: Partial<RingNode> = {
    get: (key) => held(`get ${key}`, ok(undefined)),
    put: (key, bytes) =>
      held(
        `put ${key}=${new TextDecoder().decode(bytes)}`,
        ok({ revision, created: true }),
      ),
  };
  const release = async (name: string) => {
    await expect.poll(() => waiting.has(name)).toBe(true);
    waiting.get(name)?.();
    waiting.delete(name);
  };
  return { node, begun, release };
}

/** A body that the test writes as it goes. */
function openBody() {
  const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>();
  const writer = writable.getWriter();
  const encoder = new TextEncoder();
  return {
    body: readable,
    write: (text: string) => writer.write(encoder.encode(text)),
    close: () => writer.close(),
    abort: () => writer.abort(new Error("the caller went away")),
  };
}

type App = ReturnType<typeof appOf>;

async function post(app: App, body: string | ReadableStream<Uint8Array>) {
  const response = await app.request("/db", {
    method: "POST",
    headers,
    body,
    ...(typeof body !== "string" && { duplex: "half" }),
  });
  expect(response.status).toBe(200);
  const reader = response.body?.getReader();
  if (!reader) throw new Error("the answer has no body");
  const decoder = new TextDecoder();
  let text = "";
  return {
    reader,
    /** Reads until so many lines have come. */
    async lines(count: number): Promise<{ line: number; status: number }[]> {
      const seen = () => text.split("\n").slice(0, -1);
      while (seen().length < count) {
        const { done, value: chunk } = await reader.read();
        if (done) throw new Error(`the answer ended after ${text}`);
        text += decoder.decode(chunk, { stream: true });
      }
      return seen().map((line) => JSON.parse(line));
    },
    async end(): Promise<number[]> {
      for (;;) {
        const { done, value: chunk } = await reader.read();
        if (done) break;
        text += decoder.decode(chunk, { stream: true });
      }
      return text
        .split("\n")
        .slice(0, -1)
        .map((line) => JSON.parse(line).line);
    },
  };
}

describe("a bulk request", () => {
  test("is answered while it is being sent, each line as its operation ends", async () => {
    const { node, release } = heldNode();
    const { body, write, close } = openBody();
    const answer = await post(appOf(node), body);
    void write(get("a") + get("b"));
    await release("get b");
    expect(await answer.lines(1)).toMatchObject([{ line: 2, status: 404 }]);
    void write(put("c").slice(0, 9));
    await release("get a");
    expect((await answer.lines(2))[1]).toMatchObject({ line: 1 });
    void write(put("c").slice(9, -1));
    void close();
    await release("put c=v");
    expect(await answer.end()).toEqual([2, 1, 3]);
  });

  test("has so many operations under way, and one of each key", async () => {
    const { node, begun, release } = heldNode();
    const lines = put("a", "1") + put("a", "2") + get("b") + get("c");
    const answer = await post(appOf(node, limits(3, 1e6)), lines);
    await expect.poll(() => begun).toEqual(["put a=1", "get b"]);
    await release("get b");
    await release("get c");
    expect(begun).toEqual(["put a=1", "get b", "get c"]);
    await release("put a=1");
    await release("put a=2");
    expect(await answer.end()).toEqual([3, 4, 1, 2]);
  });

  test("holds so many bytes that wait to be written", async () => {
    const { node, begun, release } = heldNode();
    const large = "x".repeat(400);
    const lines = [1, 2, 3, 4].map((n) => put(`k${n}`, large)).join("");
    const answer = await post(appOf(node, limits(100, 2000)), lines);
    await release(`put k1=${large}`);
    await answer.lines(1);
    // Each line is there twice, as text and as bytes.
    await expect.poll(() => begun.length).toBe(3);
    await release(`put k2=${large}`);
    await release(`put k3=${large}`);
    await release(`put k4=${large}`);
    expect(await answer.end()).toEqual([1, 2, 3, 4]);
  });

  test("holds so many bytes that nobody has read yet, and reads values again rather than more of them", async () => {
    const bytes = new TextEncoder().encode("x".repeat(1000));
    const { promise: everybodyIsThere, resolve } =
      Promise.withResolvers<void>();
    let readCount = 0;
    const node: Partial<RingNode> = {
      get: async () => {
        if (++readCount === 100) resolve();
        await everybodyIsThere;
        return ok({ ...value, value: bytes });
      },
      put: async () => ok({ revision, created: true }),
    };
    const keys = Array.from({ length: 200 }, (_, index) => `k${index}`);
    const lines = keys.map(get).join("") + put("k50");
    // As long as nobody knows how large values are, 100 are read at once; of what they bring, three have room.
    const answer = await post(appOf(node, limits(100, 4000)), lines);
    await everybodyIsThere;
    const first = await answer.reader.read();
    const firstText = new TextDecoder().decode(first.value);
    expect(firstText.length).toBeLessThanOrEqual(4000);
    const firstLines = firstText.split("\n").length - 1;
    const order = await answer.end();
    expect(firstLines + new Set(order).size).toBe(201);
    expect(order.indexOf(51)).toBeLessThan(order.indexOf(201));
    // What was put off was read once more, when there was room.
    expect(readCount).toBeLessThanOrEqual(300);
  });

  test("that is larger than all the room there is goes through alone", async () => {
    const { node, release } = heldNode();
    const large = "x".repeat(900);
    const lines = put("a", large) + put("b", large);
    const answer = await post(appOf(node, limits(100, 10)), lines);
    await release(`put a=${large}`);
    await answer.lines(1);
    await release(`put b=${large}`);
    expect(await answer.end()).toEqual([1, 2]);
  });

  test("is told line by line when the node has too much under way", async () => {
    const { node, release } = heldNode();
    const bulk = {
      request: loadLimits.bulk.request,
      node: { operationsMax: 2, bytesMax: 1e6 },
    };
    const app = appOf(node, { load: { bulk } });
    const one = await post(app, get("a") + get("b"));
    const other = await post(app, get("c"));
    expect(await other.lines(1)).toMatchObject([
      { line: 1, status: 503, code: "overloaded" },
    ]);
    await release("get a");
    await release("get b");
    await one.end();
    const later = await post(app, get("d"));
    await release("get d");
    expect(await later.lines(1)).toMatchObject([{ status: 404 }]);
  });

  test("counts as one under way until its last line", async () => {
    const { node, release } = heldNode();
    const clients = { requestsMax: 1, bodyBytesMax: 10_000 };
    const app = appOf(node, { load: { clients } });
    const answer = await post(app, get("a"));
    expect((await app.request("/db/k")).status).toBe(503);
    await release("get a");
    await answer.end();
    const single = app.request("/db/k");
    await release("get k");
    expect((await single).status).toBe(404);
  });
});

describe("a caller that goes away", () => {
  test("while it sends: what was begun comes to its end, nothing else begins", async () => {
    const { node, begun, release } = heldNode();
    const { body, write, abort } = openBody();
    const answer = await post(appOf(node), body);
    void write(put("a") + put("b").slice(0, -3));
    await expect.poll(() => begun).toEqual(["put a=v"]);
    const ended = answer.end();
    ended.catch(() => {});
    void abort();
    await release("put a=v");
    await expect(ended).rejects.toThrow("the caller went away");
    expect(begun).toEqual(["put a=v"]);
  });

  test("while it reads: no more is read of what it sends, and its room is free again", async () => {
    const { node, begun, release } = heldNode();
    const clients = { requestsMax: 1, bodyBytesMax: 10_000 };
    const app = appOf(node, { load: { clients } });
    let isCancelled = false;
    const endless = new ReadableStream<Uint8Array>({
      pull: (controller) =>
        controller.enqueue(new TextEncoder().encode(put("a"))),
      cancel() {
        isCancelled = true;
      },
    });
    onTestFinished(() => endless.cancel().catch(() => {}));
    const answer = await post(app, endless);
    await expect.poll(() => begun.length).toBeGreaterThan(0);
    const before = begun.length;
    await answer.reader.cancel();
    await release("put a=v");
    await expect.poll(() => isCancelled).toBe(true);
    expect(begun.length).toBe(before);
    const single = app.request("/db/k");
    await release("get k");
    expect((await single).status).toBe(404);
  });
});

describe("a node that goes to another ring", () => {
  test("does nothing of what was meant for the first, and does not vouch for what it did meanwhile", async () => {
    let ringId = "first";
    const { node, release, begun } = heldNode();
    const app = appOf({
      ...node,
      identity: () => ({ ringId, succeededIds: [], leftRingId: "first" }),
    });
    const { body, write, close } = openBody();
    const answer = await post(app, body);
    void write(put("a") + get("b"));
    await expect.poll(() => begun.length).toBe(2);
    ringId = "second";
    await release("put a=v");
    await release("get b");
    void write(put("c"));
    void close();
    expect(await answer.lines(3)).toMatchObject([
      { line: 1, status: 504, code: "outcome_unknown" },
      { line: 2, status: 421, code: "wrong_ring" },
      {
        line: 3,
        status: 421,
        code: "wrong_ring",
        details: { leftRingId: "first" },
      },
    ]);
    expect(begun).toHaveLength(2);
  });

  test("ends a listing with a line that says so", async () => {
    let ringId = "first";
    const app = appOf({
      identity: () => ({ ringId, succeededIds: [] }),
      keys: async ({ cursor }) => {
        if (cursor === undefined) return ok({ keys: ["a"], cursor: "1.1." });
        ringId = "second";
        return ok({ keys: ["b"] });
      },
    });
    expect(await listing(app)).toMatchObject([
      { key: "a" },
      { cursor: "1.1." },
      { status: 421, code: "wrong_ring", cursor: "1.1." },
    ]);
  });
});

async function listing(app: App, query = ""): Promise<object[]> {
  const accept = { accept: "application/x-ndjson" };
  const response = await app.request(`/db${query}`, { headers: accept });
  const text = await response.text();
  return text
    .split("\n")
    .slice(0, -1)
    .map((line) => JSON.parse(line));
}

describe("a listing", () => {
  const quorumLost = fail("no_quorum", "No majority.");

  test("that fails before its first key is an answer like any other", async () => {
    const app = appOf({ keys: async () => quorumLost });
    const accept = { accept: "application/x-ndjson" };
    expect((await app.request("/db", { headers: accept })).status).toBe(503);
  });

  test("that fails later ends with a line that tells where to go on", async () => {
    const app = appOf({
      keys: async ({ cursor }) =>
        cursor === undefined
          ? ok({ keys: ["a", "b"], cursor: "1.7." })
          : quorumLost,
    });
    expect(await listing(app)).toMatchObject([
      { key: "a" },
      { key: "b" },
      { cursor: "1.7." },
      { status: 503, code: "no_quorum", cursor: "1.7." },
    ]);
  });

  test("leaves out what has gone since, and ends when a value cannot be read", async () => {
    type Found = Awaited<ReturnType<RingNode["get"]>>;
    const answers = new Map<string, Found>([
      ["there", ok({ ...value, value: new Uint8Array([65]) })],
      ["gone", ok(undefined)],
    ]);
    const node: Partial<RingNode> = {
      keys: async ({ cursor }) =>
        cursor === undefined
          ? ok({ keys: ["there", "gone"], cursor: "1.7." })
          : ok({ keys: ["lost"] }),
      get: async (key) => answers.get(key) ?? quorumLost,
    };
    expect(await listing(appOf(node), "?values=1")).toMatchObject([
      { key: "there", value: "A" },
      { cursor: "1.7." },
      { status: 503, code: "no_quorum", cursor: "1.7." },
    ]);
  });
});
