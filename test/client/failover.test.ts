/** Another node is tried when one is down, and no write takes effect twice. */
import { beforeEach, describe, expect, test } from "vitest";
import type { ClientOptions } from "../../src/client/api.ts";
import { createByteClient } from "../../src/client/byte-client.ts";
import { createClient } from "../../src/client/client.ts";
import {
  ConditionFailedError,
  OutcomeUnknownError,
  RingwalkError,
  UnavailableError,
  UnreachableError,
} from "../../src/client/errors.ts";
import { createFakeRing, type FakeRing, faults } from "./fake-ring.ts";

const [a, b, c] = [
  "http://127.0.0.1:8000",
  "http://127.0.0.1:8001",
  "http://127.0.0.1:8002",
] as const;
const bytes = new TextEncoder().encode("value");

let ring: FakeRing;
beforeEach(async () => {
  ring = createFakeRing([a, b, c]);
  const setup = createClient({ nodes: [a], fetch: ring.fetch });
  await setup.join(b);
  await setup.join(c);
  await setup.putBytes("there", bytes);
  ring.requests.length = 0;
});

function clientOf(options: ClientOptions = {}) {
  return createByteClient({
    nodes: [a, b, c],
    policy: "sticky",
    fetch: ring.fetch,
    ...options,
  });
}

describe.each(faults)("with one node of three that is %s", (fault) => {
  beforeEach(() => ring.fault(a, fault));

  test("reads and writes succeed at another, and a write is applied once", async () => {
    const client = clientOf({
      attemptTimeoutMs: fault === "hangs" ? 1000 : 5000,
    });
    expect((await client.getBytes("there"))?.bytes).toEqual(bytes);
    await client.putBytes("new", bytes, { ifNoneMatch: "*" });
    expect(ring.writesOf("new")).toBe(1);
    await client.delete("new");
    expect(await client.has("new")).toBe(false);
    expect(ring.writesOf("new")).toBe(2);
  });
});

describe("with all nodes gone", () => {
  test("nothing was sent: unreachable, each node tried twice", async () => {
    for (const node of [a, b, c]) ring.fault(node, "refused");
    const error = await clientOf()
      .putBytes("k", bytes)
      .catch((error: unknown) => error);
    expect(error).toBeInstanceOf(UnreachableError);
    expect((error as RingwalkError).attempts).toHaveLength(6);
    expect(String(error)).toMatch(/127.0.0.1:800\d: connect ECONNREFUSED/);
  });

  test("something was sent: a write's outcome is unknown, and can be asked for with its idempotency key", async () => {
    for (const node of [a, b, c]) ring.fault(node, "lost-answer");
    const client = clientOf();
    const error = await client
      .putBytes("k", bytes)
      .catch((error: unknown) => error);
    expect(error).toBeInstanceOf(OutcomeUnknownError);
    const { idempotencyKey } = error as OutcomeUnknownError;
    ring.fault(b, "none");
    await client.putBytes("k", bytes, { idempotencyKey });
    expect(ring.writesOf("k")).toBe(1);
  });

  test("a read is unreachable then, for nothing depends on it", async () => {
    for (const node of [a, b, c]) ring.fault(node, "lost-answer");
    await expect(clientOf().getBytes("there")).rejects.toBeInstanceOf(
      UnreachableError,
    );
  });

  test("a platform's own 404 is no missing key", async () => {
    for (const node of [a, b, c]) ring.fault(node, "foreign-404");
    await expect(clientOf().getBytes("there")).rejects.toThrow(
      /not a ringwalk node/,
    );
  });

  test("the time for the whole operation ends it", async () => {
    for (const node of [a, b, c]) ring.fault(node, "hangs");
    const client = clientOf({ timeoutMs: 30, attemptTimeoutMs: 1e6 });
    await expect(client.getBytes("there")).rejects.toMatchObject({
      code: "unreachable",
    });
    // A timer may fire a little early, and leave time for a second request.
    expect(ring.requests.length).toBeLessThanOrEqual(2);
  });
});

test("a ring without majority is asked once through each node, and says that nothing was applied", async () => {
  for (const node of [a, b, c]) ring.fault(node, "no-quorum");
  const error = await clientOf()
    .putBytes("k", bytes)
    .catch((error: unknown) => error);
  expect(error).toBeInstanceOf(UnavailableError);
  expect(error).toMatchObject({ code: "no_quorum", status: 503 });
  expect(ring.requests).toHaveLength(3);
});

test("a patient client asks again until the ring can serve, or its time is over", async () => {
  for (const node of [a, b, c]) ring.fault(node, "no-quorum");
  const fetch: typeof globalThis.fetch = (...request) => {
    if (ring.requests.length === 3) ring.fault(b, "none");
    return ring.fetch(...request);
  };
  await clientOf({ fetch, patient: true }).putBytes("k", bytes);
  expect(ring.writesOf("k")).toBe(1);
  expect(ring.requests).toHaveLength(5);

  ring.fault(b, "no-quorum");
  const brief = clientOf({ patient: true, timeoutMs: 400 });
  await expect(brief.putBytes("k", bytes)).rejects.toMatchObject({
    code: "no_quorum",
  });
  for (const node of [a, b, c]) ring.fault(node, "refused");
  const lost = clientOf({ patient: true, timeoutMs: 1e6 });
  await expect(lost.getBytes("k")).rejects.toMatchObject({
    code: "unreachable",
  });
});

test("a read that no node can answer ends with what the last one said", async () => {
  for (const node of [a, b, c]) ring.fault(node, "defect");
  const read = clientOf().getBytes("there");
  await expect(read).rejects.toBeInstanceOf(RingwalkError);
  await expect(read).rejects.toMatchObject({ code: "internal", status: 500 });
});

test("an answer lost by a keep-alive connection that was closed is asked for again at the same node", async () => {
  ring.fault(a, "lost-request", 1);
  const client = clientOf({ nodes: [a] });
  await client.putBytes("k", bytes);
  expect(ring.requests).toEqual([`PUT ${a}`, `PUT ${a}`]);
});

test("a condition that fails at the repetition of a lost write is not called failed", async () => {
  // The first try reaches no node, another writer creates the key, and then the second try meets it.
  ring.fault(a, "lost-request", 1);
  const client = clientOf();
  const error = await client
    .putBytes("there", bytes, { ifNoneMatch: "*" })
    .catch((error: unknown) => error);
  expect(error).toBeInstanceOf(OutcomeUnknownError);
  expect((error as Error).cause).toBeInstanceOf(ConditionFailedError);
});

test("a refusal of the request itself is final", async () => {
  const client = clientOf();
  await expect(client.putBytes("x".repeat(2000), bytes)).rejects.toMatchObject({
    code: "invalid_key",
  });
  expect(ring.requests).toHaveLength(1);
});

describe("an abort", () => {
  test("ends an operation under way with its reason", async () => {
    ring.fault(a, "hangs");
    const controller = new AbortController();
    const read = clientOf().getBytes("there", { signal: controller.signal });
    read.catch(() => {});
    await expect.poll(() => ring.requests.length).toBe(1);
    controller.abort(new Error("enough"));
    await expect(read).rejects.toThrow("enough");
    expect(ring.requests).toHaveLength(1);
  });

  test("ends one that waits to try again", async () => {
    for (const node of [a, b, c]) ring.fault(node, "refused");
    const controller = new AbortController();
    const fetch: typeof globalThis.fetch = (...request) => {
      if (ring.requests.length === 2)
        setTimeout(() => controller.abort(new Error("enough")));
      return ring.fetch(...request);
    };
    const read = clientOf({ fetch }).getBytes("there", {
      signal: controller.signal,
    });
    await expect(read).rejects.toThrow("enough");
    expect(ring.requests).toHaveLength(3);
  });
});

describe("the choice of a node", () => {
  test("round-robin spreads operations evenly", async () => {
    const client = clientOf({ policy: "round-robin" });
    for (let count = 0; count < 9; count++) await client.getBytes("there");
    expect(countsOf(ring.requests)).toEqual({ [a]: 3, [b]: 3, [c]: 3 });
  });

  test("sticky stays with one until it fails", async () => {
    const client = clientOf();
    await client.getBytes("there");
    ring.fault(a, "refused");
    for (let count = 0; count < 5; count++) await client.getBytes("there");
    expect(countsOf(ring.requests)).toEqual({ [a]: 2, [b]: 5 });
  });

  test("a node that failed is left alone for a while", async () => {
    ring.fault(a, "refused");
    const client = clientOf({ policy: "round-robin" });
    for (let count = 0; count < 9; count++) await client.getBytes("there");
    expect(countsOf(ring.requests)[a]).toBe(1);
  });
});

test("a client without nodes says what to do", async () => {
  await expect(clientOf({ nodes: [] }).getBytes("a")).rejects.toMatchObject({
    code: "no_nodes",
  });
});

test.each(["", "http://", "ftp:x y", "http://a?b", "http://u:p@a"])(
  "%j is not a node's url",
  (text) => {
    expect(() => createByteClient({ nodes: [text] })).toThrow(RingwalkError);
  },
);

test("urls are compared in their normal form", () => {
  const nodes = [
    "127.0.0.1:8000",
    "http://127.0.0.1:8000/",
    "HTTP://127.0.0.1:8000",
    "https://x.example/ring/",
  ];
  expect(createByteClient({ nodes }).nodes()).toEqual([
    a,
    "https://x.example/ring",
  ]);
});

function countsOf(requests: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const request of requests) {
    const url = request.split(" ")[1] ?? "";
    counts[url] = (counts[url] ?? 0) + 1;
  }
  return counts;
}
