/** Writes of the client that are repeated behind any number of others' take effect once. */
import { describe, expect, onTestFinished, test } from "vitest";
import { createByteClient } from "../../src/client/byte-client.ts";
import { OutcomeUnknownError } from "../../src/client/errors.ts";
import type { Settings } from "../../src/core/layout.ts";
import { operationIdsMax } from "../../src/core/limits.ts";
import { startMemoryNode } from "../http/memory-node.ts";

interface Sent {
  readonly method: string;
  readonly path: string;
  readonly bound: string | null;
  readonly repeated: string | null;
  readonly lines: readonly { readonly bound?: string }[];
}

/** What becomes of a request: `lost` is done, and its answer never comes. */
type Fate = "answered" | "lost" | "foreign";

/** A node, a client of it whose requests have the fate that a test says, and somebody else. */
async function startRing(founding: Partial<Settings> = {}) {
  const node = await startMemoryNode({ founding });
  onTestFinished(() => node.close());
  const sent: Sent[] = [];
  let fateOf = (_: Sent): Fate | Promise<Fate> => "answered";
  const fetch: typeof globalThis.fetch = async (target, init) => {
    const request = new Request(target, init);
    const { method, headers } = request;
    const path = new URL(request.url).pathname;
    const isBulk = path === "/db";
    const text = isBulk ? await request.clone().text() : "";
    const one: Sent = {
      method,
      path,
      bound: headers.get("ringwalk-bound"),
      repeated: headers.get("ringwalk-repeated"),
      lines: isBulk ? text.split("\n").map((each) => JSON.parse(each)) : [],
    };
    sent.push(one);
    const response = await node.app.fetch(request);
    const fate = await fateOf(one);
    if (fate === "foreign") return new Response("", { status: 404 });
    if (fate === "answered") return response;
    await response.text();
    throw new TypeError("fetch failed", { cause: new Error("socket hang up") });
  };
  const urls = { nodes: [node.url] };
  const client = createByteClient({ ...urls, fetch });
  const other = createByteClient({
    ...urls,
    fetch: async (target, init) => node.app.fetch(new Request(target, init)),
  });
  return {
    client,
    sent,
    /** Others change the key so often that it knows nothing of what was before. */
    async forget(key: string) {
      for (let count = 0; count < 2 * operationIdsMax; count++)
        await other.increment(key);
    },
    numberOf: async (key: string) =>
      (await other.increment(key, { by: 0 })).value,
    decide(next: typeof fateOf) {
      fateOf = next;
    },
  };
}

const manyOthers = 2 * operationIdsMax;

describe("a write", () => {
  test("is sent under a bound, which the first one asks for", async () => {
    const { client, sent } = await startRing();
    await client.increment("k");
    await client.increment("k");
    await Promise.all([client.increment("a"), client.increment("b")]);
    const [asked, first, second, both] = sent;
    expect(asked).toMatchObject({ method: "GET", path: "/", bound: null });
    for (const each of [first, second])
      expect(each).toMatchObject({
        method: "PATCH",
        bound: expect.stringMatching(/^\d+-\d+\./),
        repeated: null,
      });
    expect(both?.lines.map(({ bound }) => typeof bound)).toEqual([
      "string",
      "string",
    ]);
    expect(sent).toHaveLength(4);
  });

  test("that many issue first at once asks for one, and reads behind it wait", async () => {
    const { client, sent } = await startRing();
    const [, read] = await Promise.all([
      client.putBytes("k", new Uint8Array([1])),
      client.getBytes("k"),
      client.increment("n"),
    ]);
    expect(read?.bytes).toEqual(new Uint8Array([1]));
    expect(sent.map(({ path }) => path)).toEqual(["/", "/db"]);
  });

  test("of one who only reads is not prepared for", async () => {
    const { client, sent } = await startRing();
    await client.getBytes("k");
    expect(sent.map(({ path }) => path)).toEqual(["/db/k"]);
  });

  test("whose bound is outdated begins anew, alone and in a batch", async () => {
    const { client, sent, forget, numberOf } = await startRing();
    await client.increment("k");
    await forget("k");
    expect((await client.increment("k")).value).toBe(manyOthers + 2);
    await forget("k");
    sent.length = 0;
    const counted = await Promise.all([
      client.increment("k"),
      client.increment("else"),
    ]);
    expect(counted.map(({ value }) => value)).toEqual([2 * manyOthers + 3, 1]);
    expect(sent.map(({ path }) => path)).toEqual(["/db", "/db/k"]);
    expect(await numberOf("k")).toBe(2 * manyOthers + 3);
  });

  test("whose every bound is outdated ends in its time, and says that nothing was done", async () => {
    const client = createByteClient({
      nodes: ["http://node"],
      timeoutMs: 50,
      fetch: async (target) => {
        // Each answer takes a turn of timers, so that the deadline is met.
        await new Promise((resolve) => setTimeout(resolve, 1));
        const headers = {
          ...{ ringwalk: "1", "ringwalk-ring": "ring" },
          "ringwalk-bound": "1-1.ring",
        };
        if (new URL(String(target)).pathname === "/")
          return new Response("ringwalk", { headers });
        const body = { status: 409, code: "bound_outdated", detail: "" };
        return new Response(JSON.stringify(body), { status: 409, headers });
      },
    });
    await expect(client.increment("k")).rejects.toMatchObject({
      code: "bound_outdated",
    });
  });

  test("is done once where nobody tells a bound: in an eventual ring, and behind a proxy that hides /", async () => {
    const eventual = await startRing({ consistency: "eventual" });
    const hidden = await startRing();
    hidden.decide(({ path }) => (path === "/" ? "foreign" : "answered"));
    for (const { client, sent } of [eventual, hidden]) {
      await client.putBytes("k", new Uint8Array([1]));
      expect(sent.at(-1)).toMatchObject({ method: "PUT", bound: null });
    }
    await hidden.client.putBytes("k", new Uint8Array([2]));
    expect(hidden.sent.at(-1)?.bound).toMatch(/^\d+-\d+\./);
  });
});

describe.each(["alone", "in a batch"] as const)(
  "a write %s whose answer is lost",
  (how) => {
    async function loseFirst(isForgotten: boolean) {
      const ring = await startRing();
      const { client, sent, forget, decide, numberOf } = ring;
      let isLost = false;
      decide(async ({ path }) => {
        if (isLost || path === "/") return "answered";
        isLost = true;
        if (isForgotten) await forget("k");
        return "lost";
      });
      const write = client.increment("k");
      const others = how === "alone" ? [] : [client.getBytes("x")];
      const [written] = await Promise.allSettled([write, ...others]);
      return { ...ring, written, sent, numberOf };
    }

    test("is answered by its repetition, which says what it is", async () => {
      const { written, sent, numberOf } = await loseFirst(false);
      expect(written).toMatchObject({ value: { value: 1 } });
      expect(await numberOf("k")).toBe(1);
      const repetition = sent.find(({ repeated }) => repeated !== null);
      const first = how === "alone" ? sent[1]?.bound : sent[1]?.lines[0]?.bound;
      expect(repetition).toMatchObject({ repeated: "1", bound: first });
    });

    test("is not done again when the key has forgotten it, nor by hand", async () => {
      const { client, written, numberOf } = await loseFirst(true);
      const { reason: error } = written as PromiseRejectedResult;
      expect(error).toBeInstanceOf(OutcomeUnknownError);
      const { idempotencyKey, bound } = error as OutcomeUnknownError;
      expect(await numberOf("k")).toBe(manyOthers + 1);
      if (idempotencyKey === undefined || bound === undefined)
        throw new Error("the error does not tell how to repeat the write");
      await expect(
        client.increment("k", { idempotencyKey, bound }),
      ).rejects.toBeInstanceOf(OutcomeUnknownError);
      const [inBatch] = await Promise.allSettled([
        client.increment("k", { idempotencyKey, bound }),
        client.getBytes("x"),
      ]);
      expect(inBatch).toMatchObject({
        reason: expect.any(OutcomeUnknownError),
      });
      expect(await numberOf("k")).toBe(manyOthers + 1);
    });
  },
);
