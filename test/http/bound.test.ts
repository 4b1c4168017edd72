/** Bounds over HTTP: what a repetition is answered when the key has forgotten the first attempt, and who may make a bound up. */
import { describe, expect, test } from "vitest";
import { operationIdsMax } from "../../src/core/limits.ts";
import { createBounds, toldPastOf } from "../../src/http/bound.ts";
import { startMemoryNode } from "./memory-node.ts";

const secret = "correct-horse-battery-staple";
const ballot = { epoch: 3, counter: 70_000, proposer: "~" };
const bound = { ringId: "ring-of_1", ballot };

function readHeaders(
  bounds: ReturnType<typeof createBounds>,
  headers: Record<string, string>,
) {
  const past = toldPastOf(new Headers(headers));
  return past.ok ? bounds.read(past.value) : past;
}

function boundsOf(
  secrets: { secret?: string; secretAlso?: string } = {},
  told = bound,
) {
  const bounds = createBounds({ node: { bound: () => told }, ...secrets });
  const read = (text: string, more: Record<string, string> = {}) =>
    readHeaders(bounds, {
      "idempotency-key": "k",
      "ringwalk-bound": text,
      ...more,
    });
  const text = bounds.headers()["ringwalk-bound"] ?? "";
  return { read, text };
}

describe("a bound as text", () => {
  test("comes back as it was told, with a secret and without", () => {
    for (const secrets of [{}, { secret }]) {
      const { read, text } = boundsOf(secrets);
      expect(read(text)).toEqual({ ok: true, value: { bound } });
      expect(read(text, { "ringwalk-repeated": "1" })).toEqual({
        ok: true,
        value: { bound, isRepetition: true },
      });
    }
  });

  test("is taken under either secret of a rotation", () => {
    const { text } = boundsOf({ secret });
    const turning = boundsOf({ secret: "new", secretAlso: secret });
    expect(turning.read(text)).toEqual({ ok: true, value: { bound } });
  });

  test("that nobody of the ring has told is of no ring: it can push no counter", () => {
    const { read, text } = boundsOf({ secret });
    const forged = [
      text.replace("70000", "70001"),
      text.replace("ring-of_1", "ring-of_2"),
      text.slice(0, text.lastIndexOf(".")),
      boundsOf({ secret: "another" }).text,
      boundsOf().text,
    ];
    for (const each of forged)
      expect(read(each)).toMatchObject({
        ok: true,
        value: { bound: { ringId: "", ballot: { counter: 0 } } },
      });
    const far = boundsOf(
      {},
      { ...bound, ballot: { ...ballot, counter: 2 ** 50 } },
    );
    expect(far.read(far.text)).toMatchObject({
      value: { bound: { ringId: "" } },
    });
  });

  test.each(["", "x", "1-2", "1-2-p.ring", "1-2.ring.mac.more", "1-2.a b"])(
    "is not %j",
    (text) => {
      expect(boundsOf().read(text)).toMatchObject({
        error: { code: "invalid_bound" },
      });
    },
  );

  test("goes with an idempotency key alone, and the mark is 1", () => {
    const bounds = createBounds({ node: { bound: () => bound } });
    for (const headers of [
      { "ringwalk-bound": "1-2.ring" },
      { "ringwalk-repeated": "1" },
      { "idempotency-key": "k", "ringwalk-repeated": "true" },
    ] as Record<string, string>[])
      expect(readHeaders(bounds, headers)).toMatchObject({
        error: { code: "invalid_bound" },
      });
  });
});

async function startRing() {
  const node = await startMemoryNode({ secret, insecure: true });
  const call = async (
    method: string,
    path: string,
    headers: Record<string, string> = {},
    body = '{"op":"increment"}',
  ) => {
    const response = await node.fetch(node.url + path, {
      method,
      headers,
      ...(method !== "GET" && { body }),
    });
    const text = await response.text();
    return {
      status: response.status,
      text,
      bound: response.headers.get("ringwalk-bound") ?? "",
    };
  };
  const up = async (key: string, headers: Record<string, string> = {}) =>
    call("PATCH", `/db/${key}`, headers);
  const forget = async (key: string) => {
    for (let count = 0; count < operationIdsMax; count++) await up(key);
  };
  const { bound } = await call("GET", "/");
  return { call, up, forget, bound };
}

const once = { "idempotency-key": "once" };
const repeated = { ...once, "ringwalk-repeated": "1" };

const withAndWithout = (bound: string): Record<string, string>[] => [
  { "ringwalk-bound": bound },
  {},
];

describe("a repetition", () => {
  test("is answered as the first attempt while the key remembers it", async () => {
    const { up, bound } = await startRing();
    const first = await up("k", { ...once, "ringwalk-bound": bound });
    expect(first).toMatchObject({ status: 200, text: '{"value":1}' });
    expect(first.bound).toMatch(/^\d+-\d+\.[\w-]+\.[0-9a-f]{32}$/);
    for (const headers of withAndWithout(bound))
      expect(await up("k", { ...repeated, ...headers })).toMatchObject({
        status: 200,
        text: '{"value":1}',
      });
  });

  test("is not done again when the key has forgotten the first: its outcome is unknown", async () => {
    const { up, forget, bound, call } = await startRing();
    await up("k", { ...once, "ringwalk-bound": bound });
    await forget("k");
    for (const headers of withAndWithout(bound)) {
      const again = await up("k", { ...repeated, ...headers });
      expect(again.status).toBe(504);
      expect(again.text).toContain("outcome_unknown");
    }
    expect((await call("GET", "/db/k")).text).toBe(`${operationIdsMax + 1}`);
  });

  test("is done where its bound proves that the first was not", async () => {
    const { up, bound } = await startRing();
    await up("k");
    const { bound: newer } = await up("k", { "idempotency-key": "other" });
    const headers = { ...repeated, "ringwalk-bound": newer };
    expect(await up("k", headers)).toMatchObject({ text: '{"value":3}' });
    expect(await up("k", headers)).toMatchObject({ text: '{"value":3}' });
    expect(bound).not.toBe("");
  });

  test("without a bound of this ring is looked up, and never done", async () => {
    const { up } = await startRing();
    const foreign = { "ringwalk-bound": "9-9.another-ring" };
    for (const headers of [{}, foreign] as Record<string, string>[])
      expect(await up("k", { ...repeated, ...headers })).toMatchObject({
        status: 504,
      });
    expect(await up("k")).toMatchObject({ text: '{"value":1}' });
  });
});

describe("a first attempt", () => {
  test("under a bound that says nothing any more is refused, and done under the one that comes back", async () => {
    const { up, forget, bound } = await startRing();
    await up("k");
    await forget("k");
    await forget("k");
    const refused = await up("k", { ...once, "ringwalk-bound": bound });
    expect(refused).toMatchObject({ status: 409 });
    expect(refused.text).toContain("bound_outdated");
    const anew = { ...once, "ringwalk-bound": refused.bound };
    expect(await up("k", anew)).toMatchObject({
      status: 200,
      text: `{"value":${2 * operationIdsMax + 2}}`,
    });
  });

  test("under a bound of another ring is refused with one of this ring", async () => {
    const { up } = await startRing();
    const foreign = { ...once, "ringwalk-bound": "9-9.another-ring" };
    const refused = await up("k", foreign);
    expect(refused).toMatchObject({ status: 409 });
    const anew = { ...once, "ringwalk-bound": refused.bound };
    expect(await up("k", anew)).toMatchObject({ status: 200 });
  });
});

describe("a line of many operations", () => {
  const line = (fields: object) => ({ op: "increment", key: "k", ...fields });
  async function startLines() {
    const ring = await startRing();
    const post = async (...lines: object[]) => {
      const { text, bound } = await ring.call(
        "POST",
        "/db",
        { "content-type": "application/x-ndjson" },
        lines.map((each) => JSON.stringify(each)).join("\n"),
      );
      const answers: Record<string, unknown>[] = text
        .trim()
        .split("\n")
        .map((each) => JSON.parse(each));
      answers.sort((a, b) => Number(a.line) - Number(b.line));
      return { answers, bound };
    };
    return { ...ring, post };
  }

  test("carries a bound, and says that it was sent before", async () => {
    const { post, forget, bound } = await startLines();
    const first = line({ idempotencyKey: "once", bound });
    const again = { ...first, repeated: true };
    expect((await post(first, again, again)).answers).toMatchObject([
      { status: 200, value: 1 },
      { status: 200, value: 1 },
      { status: 200, value: 1 },
    ]);
    await forget("k");
    const { answers, bound: newer } = await post(
      again,
      line({ idempotencyKey: "once", repeated: true }),
    );
    expect(answers).toMatchObject([
      { status: 504, code: "outcome_unknown" },
      { status: 504, code: "outcome_unknown" },
    ]);
    // The same as a request of its own, under a bound that proves that it was not done since.
    expect(newer).toMatch(/^\d+-\d+\.[\w-]+\.[0-9a-f]{32}$/);
  });

  test("under a bound that says nothing any more tells the one to begin anew with", async () => {
    const { post, forget, bound } = await startLines();
    await forget("k");
    await forget("k");
    const first = line({ idempotencyKey: "once", bound });
    const [refused] = (await post(first)).answers;
    expect(refused).toMatchObject({ status: 409, code: "bound_outdated" });
    const { answers } = await post({ ...first, bound: refused?.bound });
    expect(answers).toMatchObject([
      { status: 200, value: 2 * operationIdsMax + 1 },
    ]);
  });

  test.each([
    { bound: "1-2.ring" },
    { repeated: true },
    { idempotencyKey: "k", bound: "x" },
    { idempotencyKey: "k", bound: 1 },
    { idempotencyKey: "k", repeated: "1" },
  ])("is refused when it says %j", async (fields) => {
    const { post } = await startLines();
    expect((await post(line(fields))).answers).toMatchObject([
      { status: 400, code: "invalid_bound" },
    ]);
  });
});

test("an eventual ring tells no bound", async () => {
  const node = await startMemoryNode({ founding: { consistency: "eventual" } });
  const { headers } = await node.fetch(node.url);
  expect(headers.get("ringwalk-bound")).toBeNull();
});
