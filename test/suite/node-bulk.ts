/** `POST /db` over HTTP: an operation a line, and a line of answer for each; and listings in the same form. */
import { describe, expect, test } from "vitest";
import { type Caller, codeOf } from "./node-caller.ts";

const ndjson = { "content-type": "application/x-ndjson" };
const etag = expect.stringMatching(/^"[^"]+"$/);
const detail = expect.stringMatching(/\S/);

interface ResultLine {
  readonly line: number;
  readonly status: number;
  readonly etag?: string;
}

export function bulkTests(call: Caller): void {
  const isEventual = call.capabilities.isEventual === true;

  /** The answers in the order of the lines. */
  async function bulk(...lines: readonly (object | string)[]) {
    const body = lines
      .map((line) => (typeof line === "string" ? line : JSON.stringify(line)))
      .join("\n");
    const reply = await call("POST", "/db", { headers: ndjson, body });
    expect(reply.status).toBe(200);
    expect(reply.headers.get("content-type")).toBe("application/x-ndjson");
    expect(reply.headers.get("ringwalk-consistency")).toBe(
      isEventual ? "eventual" : null,
    );
    return objectsIn(reply.text)
      .map((object) => object as ResultLine)
      .sort((a, b) => a.line - b.line);
  }

  async function listed(query: string) {
    const accept = "application/x-ndjson";
    const reply = await call("GET", `/db?scope=ring&${query}`, {
      headers: { accept },
    });
    expect(reply.headers.get("content-type")).toBe(accept);
    return objectsIn(reply.text);
  }

  describe("operations in bulk", () => {
    test("do what single requests do, and each has its line", async () => {
      expect(
        await bulk(
          { op: "put", key: "bulk/text", value: 'ü"\n', contentType: "a/b" },
          { op: "get", key: "bulk/text" },
          { op: "put", key: "bulk/bytes", base64: "/wA=", ttl: 1000 },
          { op: "get", key: "bulk/bytes" },
          { op: "put", key: "bulk/empty", value: "" },
          { op: "get", key: "bulk/empty" },
          { op: "get", key: "bulk/none" },
          { op: "delete", key: "bulk/none" },
        ),
      ).toEqual([
        { line: 1, status: 200, etag },
        { line: 2, status: 200, etag, value: 'ü"\n', contentType: "a/b" },
        { line: 3, status: 200, etag },
        { line: 4, status: 200, etag, base64: "/wA=", ttl: expect.any(Number) },
        { line: 5, status: 200, etag },
        { line: 6, status: 200, etag, value: "" },
        { line: 7, status: 404 },
        { line: 8, status: 200 },
      ]);
      const reply = await call("GET", "/db/bulk/bytes");
      expect([...reply.bytes]).toEqual([0xff, 0]);
      expect(Number(reply.headers.get("ringwalk-ttl"))).toBeGreaterThan(900);
    });

    test("on the same key keep their order", async () => {
      const key = "bulk/order";
      const steps = Array.from({ length: 20 }, (_, index) => [
        { op: "put", key, value: `${index}` },
        { op: "get", key },
        { op: "delete", key },
        { op: "get", key },
      ]).flat();
      const results = await bulk(...steps);
      const expected = Array.from({ length: 20 }, (_, index) => [
        { status: 200, etag },
        { status: 200, etag, value: `${index}` },
        { status: 200 },
        { status: 404 },
      ]).flat();
      expect(results).toEqual(
        expected.map((result, index) => ({ line: index + 1, ...result })),
      );
    });

    test("take conditions, by the texts of the headers", async () => {
      const key = "bulk/conditions";
      const put = { op: "put", key, value: "v" };
      const [created, again] = await bulk(
        { ...put, ifNoneMatch: "*" },
        { ...put, ifNoneMatch: "*" },
      );
      expect(again).toEqual({
        line: 2,
        status: 412,
        code: "condition_failed",
        detail,
        details: { revision: created?.etag?.replaceAll('"', "") },
      });
      const tag = created?.etag;
      expect(
        await bulk(
          { op: "get", key, ifNoneMatch: tag },
          { op: "get", key, ifMatch: '"other"' },
          { ...put, ifMatch: `"other", ${tag}` },
          { op: "delete", key, ifMatch: tag },
          { ...put, ifMatch: "no tag" },
        ),
      ).toMatchObject([
        { status: 304, etag: tag },
        { status: 412 },
        { status: 200 },
        { status: 412 },
        { status: 400, code: "invalid_condition" },
      ]);
    });

    test("with an idempotency key take effect once", async () => {
      const key = "bulk/once";
      const first = {
        op: "put",
        key,
        value: "first",
        idempotencyKey: "bulk-once",
      };
      const [one] = await bulk(first);
      const results = await bulk(
        { ...first, value: "second" },
        { op: "get", key },
      );
      expect(results).toMatchObject([
        { status: 200, etag: one?.etag },
        { status: 200, etag: one?.etag, value: "first" },
      ]);
    });

    test("count, touch and keep metadata", async () => {
      const key = "bulk/counter";
      const metadata = { owner: "ü", list: [1, { a: null }] };
      expect(
        await bulk(
          { op: "increment", key, ttl: 1000 },
          { op: "increment", key, by: 4, max: 5 },
          { op: "increment", key, max: 5 },
          { op: "touch", key, ttl: null },
          { op: "get", key },
          { op: "touch", key: "bulk/none", ttl: 1 },
          { op: "put", key: "bulk/described", value: "v", metadata },
          { op: "get", key: "bulk/described" },
        ),
      ).toMatchObject([
        { status: 200, etag, value: 1, ttl: expect.any(Number) },
        { status: 200, etag, value: 5, ttl: expect.any(Number) },
        { status: 409, code: "out_of_bounds" },
        { status: 200, etag },
        { status: 200, etag, value: "5", contentType: "application/json" },
        { status: 404, code: "no_such_key" },
        { status: 200, etag },
        { status: 200, etag, value: "v", metadata },
      ]);
    });

    test("can be eventual reads, which say so", async () => {
      const key = "bulk/eventual";
      const [, read] = await bulk(
        { op: "put", key, value: "v" },
        { op: "get", key, consistency: "eventual" },
      );
      expect(read).toMatchObject({ value: "v", consistency: "eventual" });
    });

    test.each<[string, string | object, string]>([
      ["is no JSON", "{", "invalid_body"],
      ["is no object", "[]", "invalid_body"],
      ["has no operation", { key: "k" }, "invalid_body"],
      ["has an unknown one", { op: "move", key: "k" }, "invalid_body"],
      ["has no key", { op: "get" }, "invalid_key"],
      ["has an empty key", { op: "get", key: "" }, "invalid_key"],
      ["has half a character", '{"op":"get","key":"\\ud800"}', "invalid_key"],
      [
        "has a long key",
        { op: "delete", key: "k".repeat(1025) },
        "invalid_key",
      ],
      ["has no value", { op: "put", key: "k" }, "invalid_body"],
      [
        "has two values",
        { op: "put", key: "k", value: "", base64: "" },
        "invalid_body",
      ],
      [
        "has a value that is no text",
        { op: "put", key: "k", value: 1 },
        "invalid_body",
      ],
      [
        "has half a character for a value",
        '{"op":"put","key":"k","value":"\\ud800"}',
        "invalid_body",
      ],
      [
        "has wrong base64",
        { op: "put", key: "k", base64: "a" },
        "invalid_body",
      ],
      ["has an unknown field", { op: "get", key: "k", ttl: 1 }, "invalid_body"],
      [
        "has a time to live of nothing",
        { op: "put", key: "k", value: "", ttl: 0 },
        "invalid_ttl",
      ],
      [
        "has metadata that is no object",
        { op: "put", key: "k", value: "", metadata: [] },
        "invalid_metadata",
      ],
      [
        "has too much metadata",
        { op: "put", key: "k", value: "", metadata: { m: "m".repeat(2048) } },
        "invalid_metadata",
      ],
      [
        "has bounds that leave nothing",
        { op: "increment", key: "k", min: 2, max: 1 },
        "invalid_body",
      ],
      [
        "has an empty idempotency key",
        { op: "delete", key: "k", idempotencyKey: "" },
        "invalid_idempotency_key",
      ],
    ])(
      "a line that %s has an error, and the rest goes on",
      async (_, line, code) => {
        expect(
          await bulk({ op: "put", key: "bulk/a", value: "a" }, line, "", {
            op: "get",
            key: "bulk/none",
          }),
        ).toEqual([
          { line: 1, status: 200, etag },
          { line: 2, status: 400, code, detail },
          { line: 4, status: 404 },
        ]);
      },
    );

    test("a value may be as large as the ring takes, and no larger", async () => {
      const { valueBytesMax } = call.capabilities;
      const key = "bulk/large";
      // Three bytes for each unit, and in base64 four characters for three bytes.
      const value = `${"€".repeat(Math.floor(valueBytesMax / 3))}`;
      const base64 = `${"AAAA".repeat(Math.ceil(valueBytesMax / 3) + 1)}`;
      expect(
        await bulk(
          { op: "put", key, value },
          { op: "get", key },
          { op: "put", key, base64 },
        ),
      ).toEqual([
        { line: 1, status: 200, etag },
        { line: 2, status: 200, etag, value },
        { line: 3, status: 413, code: "value_too_large", detail },
      ]);
    });

    test("a line beyond every limit is the last", async () => {
      const value = "v".repeat(2 * call.capabilities.valueBytesMax);
      expect(
        await bulk(
          { op: "put", key: "bulk/before", value: "v" },
          { op: "put", key: "bulk/beyond", value },
          { op: "put", key: "bulk/after", value: "v" },
        ),
      ).toMatchObject([
        { line: 1, status: 200 },
        { line: 2, status: 413, code: "value_too_large" },
      ]);
      expect(await bulk({ op: "get", key: "bulk/after" })).toEqual([
        { line: 1, status: 404 },
      ]);
    });

    test("of a body that is not UTF-8, only those lines fail", async () => {
      const body = Buffer.concat([
        Buffer.from('{"op":"get","key":"'),
        Buffer.from([0xff]),
        Buffer.from('"}\n{"op":"get","key":"bulk/none"}'),
      ]);
      const reply = await call("POST", "/db", {
        headers: ndjson,
        body: new Uint8Array(body),
      });
      expect(objectsIn(reply.text)).toEqual(
        expect.arrayContaining([
          { line: 1, status: 400, code: "invalid_encoding", detail },
          { line: 2, status: 404 },
        ]),
      );
    });

    test("none are none", async () => {
      expect(await bulk()).toEqual([]);
    });

    test("a query, or an encoding, is refused as a whole", async () => {
      const body = '{"op":"get","key":"k"}';
      const queried = await call("POST", "/db?ttl=1", {
        headers: ndjson,
        body,
      });
      expect(codeOf(queried)).toBe("invalid_query");
      const encoded = await call("POST", "/db", {
        headers: { ...ndjson, "content-encoding": "br" },
        body,
      });
      expect(codeOf(encoded)).toBe("unsupported_encoding");
    });

    test("with ?key= the body is a value", async () => {
      const body = '{"op":"delete","key":"k"}\n';
      await call("POST", "/db?key=bulk/value", { headers: ndjson, body });
      expect((await call("GET", "/db/bulk/value")).text).toBe(body);
    });
  });

  describe("listings in NDJSON", () => {
    const keys = Array.from({ length: 30 }, (_, i) => `stream/${i}\n"ü`).sort();
    const byKey = (a: object, b: object) =>
      (a as { key: string }).key < (b as { key: string }).key ? -1 : 1;

    test("hold every key once, and then say that this was all", async () => {
      await bulk(...keys.map((key) => ({ op: "put", key, value: key })));
      const objects = await listed("prefix=stream/");
      expect(objects.pop()).toEqual({ end: true });
      expect(objects.sort(byKey)).toEqual(keys.map((key) => ({ key })));
    });

    test("hold the values too if wanted", async () => {
      await bulk(
        { op: "put", key: "values/text", value: "ü", contentType: "a/b" },
        { op: "put", key: "values/bytes", base64: "/w==", ttl: 1000 },
      );
      const objects = await listed("prefix=values/&values=1");
      expect(objects.pop()).toEqual({ end: true });
      expect(objects.sort(byKey)).toEqual([
        { key: "values/bytes", etag, base64: "/w==", ttl: expect.any(Number) },
        { key: "values/text", etag, value: "ü", contentType: "a/b" },
      ]);
    });

    test("of nothing just say so, and what is asked wrongly is refused", async () => {
      expect(await listed("prefix=nothing/")).toEqual([{ end: true }]);
      const headers = { accept: "application/x-ndjson" };
      for (const [query, code] of [
        ["values=yes", "invalid_query"],
        ["limit=1", "invalid_query"],
        ["cursor=x", "invalid_cursor"],
      ])
        expect(codeOf(await call("GET", `/db?${query}`, { headers }))).toBe(
          code,
        );
    });
  });
}

function objectsIn(ndjsonText: string): object[] {
  return ndjsonText
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line));
}
