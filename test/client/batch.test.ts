/** Operations that are issued together travel together, and each ends as it would alone. */
import { beforeEach, describe, expect, onTestFinished, test } from "vitest";
import type { ByteClient, ClientOptions } from "../../src/client/api.ts";
import { createByteClient } from "../../src/client/byte-client.ts";
import { createClient } from "../../src/client/client.ts";
import {
  ConditionFailedError,
  OutcomeUnknownError,
} from "../../src/client/errors.ts";
import { startMemoryNode } from "../http/memory-node.ts";
import { createFakeRing, type FakeRing, faults } from "./fake-ring.ts";

const textOf = (bytes: Uint8Array | undefined) =>
  bytes && new TextDecoder().decode(bytes);
const bytesOf = (text: string) => new TextEncoder().encode(text);
const numbers = (count: number) => Array.from({ length: count }, (_, n) => n);

interface Sent {
  readonly method: string;
  /** Absent for what is no batch. */
  readonly lines?: readonly { readonly op: string; readonly key: string }[];
}

/** A client of one node, and what it sends. */
async function clientOfOne(options: ClientOptions = {}) {
  const node = await startMemoryNode();
  onTestFinished(() => node.close());
  const sent: Sent[] = [];
  const fetch: typeof globalThis.fetch = (target, init) => {
    const { method = "GET", body } = init ?? {};
    const isBatch = method === "POST" && typeof body === "string";
    const lines = isBatch && body.split("\n").map((line) => JSON.parse(line));
    // What a client asks for a bound with is not what is looked at here.
    if (new URL(String(target)).pathname !== "/")
      sent.push({ method, ...(lines && { lines }) });
    return node.fetch(String(target), init);
  };
  const client = createByteClient({ nodes: [node.url], fetch, ...options });
  return { client, sent };
}

/** Puts and gets whatever a caller may do, at once. */
async function fill(client: ByteClient, count: number): Promise<void> {
  await Promise.all(
    numbers(count).map((n) => client.putBytes(`k${n}`, bytesOf(`v${n}`))),
  );
}

describe("operations of one turn", () => {
  test("go in one request", async () => {
    const { client, sent } = await clientOfOne();
    await fill(client, 50);
    expect(sent).toHaveLength(1);
    const stored = await Promise.all(
      numbers(50).map((n) => client.getBytes(`k${n}`)),
    );
    expect(stored.map((found) => textOf(found?.bytes))).toEqual(
      numbers(50).map((n) => `v${n}`),
    );
    expect(sent.map(({ lines }) => lines?.length)).toEqual([50, 50]);
  });

  test("that follow the answers of a batch go together again", async () => {
    const { client, sent } = await clientOfOne();
    await Promise.all(
      numbers(20).map(async (n) => {
        for (let step = 0; step < 5; step++) {
          await client.putBytes(`k${n}`, bytesOf(`${step}`));
          await client.getBytes(`k${n}`);
        }
      }),
    );
    // 200 operations; answers may come in several pieces.
    expect(sent.length).toBeLessThan(60);
  });

  test("one by itself is a plain request", async () => {
    const { client, sent } = await clientOfOne();
    await client.putBytes("k", bytesOf("v"));
    await client.getBytes("k");
    await client.increment("n");
    await client.delete("k");
    expect(sent.map(({ method }) => method)).toEqual([
      "PUT",
      "GET",
      "PATCH",
      "DELETE",
    ]);
  });

  test("more than a request takes go in several", async () => {
    const { client, sent } = await clientOfOne();
    await fill(client, 600);
    const counts = sent.map(({ lines }) => lines?.length ?? 0);
    expect(Math.max(...counts)).toBeLessThanOrEqual(256);
    expect(counts.reduce((sum, count) => sum + count)).toBe(600);
  });

  test("large values, looks at heads and traced operations go by themselves", async () => {
    const { client, sent } = await clientOfOne();
    const large = new Uint8Array(17 * 1024).fill(65);
    let walk = "";
    const [, , , head] = await Promise.all([
      client.putBytes("large", large),
      client.putBytes("a", bytesOf("v")),
      client.putBytes("b", bytesOf("v")),
      client.head("none"),
      client.getBytes("c", { onWalk: (text) => (walk = text) }),
    ]);
    expect(head).toBeUndefined();
    expect(walk).toMatch(/^partition=/);
    expect(sent.map(({ method }) => method).sort()).toEqual([
      "GET",
      "HEAD",
      "POST",
      "PUT",
    ]);
    expect((await client.getBytes("large"))?.bytes).toEqual(large);
  });

  test("on one key keep their order", async () => {
    const { client } = await clientOfOne();
    const seen = await Promise.all(
      numbers(30).map(async (n) => {
        const put = client.putBytes("k", bytesOf(`${n}`));
        const got = client.getBytes("k");
        await put;
        return textOf((await got)?.bytes);
      }),
    );
    expect(seen).toEqual(numbers(30).map((n) => `${n}`));
  });

  test("begin at one node, and the next turn's at the next", async () => {
    const ring = createFakeRing(["http://a:1", "http://b:1"]);
    const setup = createClient({ nodes: ["http://a:1"], fetch: ring.fetch });
    await setup.join("http://b:1");
    ring.requests.length = 0;
    const nodes = ["http://a:1", "http://b:1"];
    const client = createByteClient({ nodes, fetch: ring.fetch });
    for (let turn = 0; turn < 4; turn++) await fill(client, 3);
    // The first of all was asked for a bound.
    expect(ring.requests).toEqual([
      "POST http://b:1",
      "POST http://a:1",
      "POST http://b:1",
      "POST http://a:1",
    ]);
  });
});

describe("each operation of a batch ends as it would alone", () => {
  /** The same operations one after the other, and at once. */
  async function inBothWays(
    work: (client: ByteClient) => readonly (() => Promise<unknown>)[],
  ) {
    const alone: unknown[] = [];
    const { client } = await clientOfOne();
    for (const operation of work(client))
      alone.push(await operation().catch((error: unknown) => error));
    const other = await clientOfOne();
    const together = await Promise.all(
      work(other.client).map((operation) =>
        operation().catch((error: unknown) => error),
      ),
    );
    expect(other.sent.some(({ lines }) => lines)).toBe(true);
    return { alone, together };
  }

  /** Revisions and nodes' messages differ from ring to ring. */
  const comparable = (outcome: unknown) =>
    JSON.parse(
      JSON.stringify(
        outcome instanceof Error
          ? {
              ...outcome,
              name: outcome.name,
              message: outcome.message,
              details: {},
            }
          : (outcome ?? null),
        (_, value) => (value instanceof Uint8Array ? [...value] : value),
      ).replace(/"revision":"[^"]+"/g, '"revision":"R"'),
    );

  test("with values, types, metadata, conditions and errors alike", async () => {
    const { alone, together } = await inBothWays((client) => [
      () =>
        client.putBytes("a", bytesOf("text ü\u0000"), {
          contentType: "text/x",
          metadata: { owner: "ü", list: [1] },
          ttlSeconds: 1000,
        }),
      () => client.getBytes("a"),
      () => client.putBytes("b", new Uint8Array([0xff, 0, 0xc3])),
      () => client.getBytes("b", { consistency: "eventual" }),
      () => client.putBytes("bom", bytesOf("\ufeffx")),
      () => client.getBytes("bom"),
      () => client.putBytes("empty", new Uint8Array()),
      () => client.getBytes("empty"),
      () => client.getBytes("none"),
      () => client.putBytes("a", bytesOf(""), { ifNoneMatch: "*" }),
      () => client.putBytes("a", bytesOf(""), { ifMatch: ["x", "y"] }),
      () => client.delete("none"),
      () => client.delete("a", { ifMatch: "other" }),
      () => client.increment("n", { by: 2.5, ttlSeconds: 1000 }),
      () => client.increment("n", { max: 3 }),
      () => client.increment("a"),
      () => client.touch("n", { ttlSeconds: null }),
      () => client.touch("none", { ttlSeconds: 1 }),
      () => client.putBytes("x".repeat(2000), bytesOf("v")),
      () => client.putBytes("t", bytesOf("v"), { ttlSeconds: 0.5 }),
      () => client.getBytes(""),
    ]);
    expect(together.map(comparable)).toEqual(alone.map(comparable));
    expect(together.filter((outcome) => outcome instanceof Error)).toHaveLength(
      9,
    );
  });

  test("a failed condition tells its class", async () => {
    const { client } = await clientOfOne();
    const outcomes = await Promise.allSettled([
      client.putBytes("k", bytesOf("1"), { ifNoneMatch: "*" }),
      client.putBytes("k", bytesOf("2"), { ifNoneMatch: "*" }),
    ]);
    expect(outcomes[0]?.status).toBe("fulfilled");
    expect((outcomes[1] as PromiseRejectedResult).reason).toBeInstanceOf(
      ConditionFailedError,
    );
  });
});

describe("a batch that fails", () => {
  const [a, b, c] = ["http://a:1", "http://b:1", "http://c:1"] as const;
  let ring: FakeRing;
  beforeEach(async () => {
    ring = createFakeRing([a, b, c]);
    const setup = createClient({ nodes: [a], fetch: ring.fetch });
    await setup.join(b);
    await setup.join(c);
    ring.requests.length = 0;
  });
  const clientOf = (options: ClientOptions = {}) =>
    createByteClient({
      nodes: [a, b, c],
      policy: "sticky",
      fetch: ring.fetch,
      ...options,
    });

  test.each(faults)(
    "(%s) is repeated line by line at the next node, and no write takes effect twice",
    async (fault) => {
      const client = clientOf({
        attemptTimeoutMs: fault === "hangs" ? 500 : 5000,
      });
      // The first write asks for a bound, and would meet the fault with that.
      await client.delete("before");
      ring.requests.length = 0;
      ring.fault(a, fault);
      await fill(client, 10);
      for (const n of numbers(10)) expect(ring.writesOf(`k${n}`)).toBe(1);
      expect(ring.requests[0]).toBe(`POST ${a}`);
      expect(ring.requests.filter((sent) => sent === `PUT ${b}`)).toHaveLength(
        10,
      );
      // From then on the others are asked first.
      await fill(client, 10);
      for (const n of numbers(10)) expect(ring.writesOf(`k${n}`)).toBe(2);
    },
  );

  test("everywhere leaves writes unknown, each with its own key, and tells it again", async () => {
    for (const node of [a, b, c]) ring.fault(node, "lost-answer");
    const client = clientOf();
    const outcomes = await Promise.allSettled(
      numbers(5).map((n) => client.putBytes(`k${n}`, bytesOf("v"))),
    );
    const keys = outcomes.map((outcome) => {
      const { reason } = outcome as PromiseRejectedResult;
      expect(reason).toBeInstanceOf(OutcomeUnknownError);
      return (reason as OutcomeUnknownError).idempotencyKey;
    });
    expect(new Set(keys).size).toBe(5);
    for (const node of [a, b, c]) ring.fault(node, "none");
    await Promise.all(
      keys.map((idempotencyKey, n) =>
        client.putBytes(`k${n}`, bytesOf("v"), {
          ...(idempotencyKey !== undefined && { idempotencyKey }),
        }),
      ),
    );
    for (const n of numbers(5)) expect(ring.writesOf(`k${n}`)).toBe(1);
  });

  test("in the middle of its answer is over for those alone who have none", async () => {
    const fetch: typeof globalThis.fetch = async (target, init) => {
      const response = await ring.fetch(target, init);
      if (init?.method !== "POST") return response;
      const [first = ""] = (await response.text()).split("\n");
      const body = new ReadableStream<Uint8Array>({
        start(controller) {
          controller.enqueue(bytesOf(`${first}\n`));
        },
        pull: (controller) => controller.error(new Error("cut off")),
      });
      return new Response(body, response);
    };
    const client = clientOf({ fetch });
    await fill(client, 4);
    for (const n of numbers(4)) expect(ring.writesOf(`k${n}`)).toBe(1);
    expect(ring.requests).toEqual([
      `POST ${a}`,
      ...numbers(3).map(() => `PUT ${b}`),
    ]);
  });

  test("because its node is in another ring is repeated, too", async () => {
    const client = clientOf();
    await fill(client, 2);
    const leaving = createClient({ nodes: [a, b, c], fetch: ring.fetch });
    await leaving.remove(a);
    ring.requests.length = 0;
    await fill(client, 3);
    for (const n of numbers(2)) expect(ring.writesOf(`k${n}`)).toBe(2);
    expect(ring.requests[0]).toBe(`POST ${a}`);
    expect(ring.requests).toContain(`PUT ${b}`);
  });
});

describe("an abort", () => {
  test("before the turn ends takes the operation out of its batch", async () => {
    const { client, sent } = await clientOfOne();
    const controller = new AbortController();
    const { signal } = controller;
    const aborted = client.putBytes("aborted", bytesOf("v"), { signal });
    const rest = fill(client, 2);
    controller.abort(new Error("enough"));
    await expect(aborted).rejects.toThrow("enough");
    await rest;
    expect(sent[0]?.lines?.map(({ key }) => key)).toEqual(["k0", "k1"]);
    expect(await client.getBytes("aborted")).toBeUndefined();
  });

  test("of one that is under way leaves the others in peace; of all ends the request", async () => {
    const { promise: begun, resolve: begin } = Promise.withResolvers<void>();
    let requestSignal: AbortSignal | undefined;
    const fetch: typeof globalThis.fetch = (_, init) => {
      requestSignal = init?.signal ?? undefined;
      begin();
      return new Promise((__, reject) =>
        requestSignal?.addEventListener("abort", () =>
          reject(requestSignal?.reason),
        ),
      );
    };
    const { client } = await clientOfOne({ fetch });
    const controllers = [new AbortController(), new AbortController()];
    const reads = controllers.map(({ signal }, n) =>
      client.getBytes(`k${n}`, { signal }),
    );
    for (const read of reads) read.catch(() => {});
    await begun;
    controllers[0]?.abort(new Error("first"));
    await expect(reads[0]).rejects.toThrow("first");
    expect(requestSignal?.aborted).toBe(false);
    controllers[1]?.abort(new Error("second"));
    await expect(reads[1]).rejects.toThrow("second");
    expect(requestSignal?.aborted).toBe(true);
  });
});
