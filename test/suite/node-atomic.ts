/** PATCH and metadata over HTTP: counting, touching, and what is kept beside a value. */
import { describe, expect, test } from "vitest";
import { type Caller, codeOf } from "./node-caller.ts";

export function atomicTests(call: Caller): void {
  const patch = (path: string, operation: object, headers = {}) =>
    call("PATCH", path, { body: JSON.stringify(operation), headers });
  const increment = (path: string, more: object = {}, headers = {}) =>
    patch(path, { op: "increment", ...more }, headers);
  const put = (path: string, body: string, headers = {}) =>
    call("PUT", path, { body, headers });

  describe("increment", () => {
    test("counts from nothing, by any number, and leaves JSON", async () => {
      const first = await increment("/db/count");
      expect([first.status, first.text]).toEqual([200, '{"value":1}']);
      expect(first.headers.get("content-type")).toBe("application/json");
      expect(first.headers.get("ringwalk-ttl")).toBeNull();
      const second = await increment("/db/count", { by: -3.5 });
      expect(second.text).toBe('{"value":-2.5}');
      const got = await call("GET", "/db/count");
      expect(got.text).toBe("-2.5");
      expect(got.headers.get("content-type")).toBe("application/json");
      expect(got.headers.get("etag")).toBe(second.headers.get("etag"));
    });

    test("goes on from what a PUT left, whatever its type", async () => {
      await put("/db?key=put-count", " 5\n", { "content-type": "text/html" });
      expect((await increment("/db?key=put-count")).text).toBe('{"value":6}');
    });

    test("of what is no number is refused, and leaves it", async () => {
      const { headers } = await put("/db/no-number", "five");
      const refused = await increment("/db/no-number");
      expect([refused.status, codeOf(refused)]).toEqual([409, "not_a_number"]);
      const got = await call("GET", "/db/no-number");
      expect([got.text, got.headers.get("etag")]).toEqual([
        "five",
        headers.get("etag"),
      ]);
    });

    test("beyond its bounds is refused, and tells the number that stays", async () => {
      const bounds = { min: 0, max: 2 };
      expect((await increment("/db/bounded", bounds)).status).toBe(200);
      expect((await increment("/db/bounded", bounds)).status).toBe(200);
      for (const by of [1, -3, 2 ** 53]) {
        const refused = await increment("/db/bounded", { by, ...bounds });
        expect([refused.status, codeOf(refused)]).toEqual([
          409,
          "out_of_bounds",
        ]);
        expect(JSON.parse(refused.text).details).toEqual({ value: 2 });
      }
      expect((await call("GET", "/db/bounded")).text).toBe("2");
    });

    test("with a ttl begins a window, which later ones do not move", async () => {
      const first = await increment("/db/window", { ttl: 600 });
      const left = Number(first.headers.get("ringwalk-ttl"));
      expect(left).toBeGreaterThan(500);
      expect(left).toBeLessThanOrEqual(600);
      const second = await increment("/db/window", { ttl: 9_000 });
      expect(Number(second.headers.get("ringwalk-ttl"))).toBeLessThanOrEqual(
        left,
      );
    });

    test("takes conditions", async () => {
      const absent = await increment("/db/absent", {}, { "if-match": "*" });
      expect(codeOf(absent)).toBe("condition_failed");
      const none = { "if-none-match": "*" };
      expect((await increment("/db/absent", {}, none)).status).toBe(200);
      expect(codeOf(await increment("/db/absent", {}, none))).toBe(
        "condition_failed",
      );
    });

    test("under one Idempotency-Key counts once, and is answered alike, however much later", async () => {
      const headers = { "idempotency-key": crypto.randomUUID() };
      const first = await increment("/db/once", {}, headers);
      expect((await increment("/db/once")).text).toBe('{"value":2}');
      const again = await increment("/db/once", {}, headers);
      expect([again.status, again.text]).toEqual([200, first.text]);
      expect(again.headers.get("etag")).toBe(first.headers.get("etag"));
      expect((await call("GET", "/db/once")).text).toBe("2");
    });

    test("under the Idempotency-Key of another operation is refused, and so is the other way round", async () => {
      const headers = { "idempotency-key": crypto.randomUUID() };
      await call("DELETE", "/db/reused", { headers });
      for (const again of [
        await increment("/db/reused", {}, headers),
        await patch("/db/reused", { op: "touch", ttl: 5 }, headers),
        await put("/db/reused", "x", headers),
      ])
        expect([again.status, codeOf(again)]).toEqual([
          422,
          "idempotency_key_reused",
        ]);
      expect((await call("GET", "/db/reused")).headers.has("etag")).toBe(false);
    });

    test("of many at once loses none, and no two are told the same", async () => {
      const replies = await Promise.all(
        Array.from({ length: 40 }, () => increment("/db/busy")),
      );
      const numbers = replies.map(({ text }) => JSON.parse(text).value);
      expect(numbers.sort((a, b) => a - b)).toEqual(
        Array.from({ length: 40 }, (_, index) => index + 1),
      );
    });
  });

  describe("touch", () => {
    test("sets the time to live and takes it away; the value and its ETag stay", async () => {
      const { headers } = await put("/db/touched", "x");
      const etag = headers.get("etag");
      const touched = await patch("/db/touched", { op: "touch", ttl: 600 });
      expect([touched.status, touched.text]).toEqual([200, ""]);
      expect(touched.headers.get("etag")).toBe(etag);
      expect(Number(touched.headers.get("ringwalk-ttl"))).toBeGreaterThan(500);
      const got = await call("GET", "/db/touched");
      expect([got.text, got.headers.get("etag")]).toEqual(["x", etag]);
      expect(Number(got.headers.get("ringwalk-ttl"))).toBeGreaterThan(500);
      const kept = await patch("/db/touched", { op: "touch", ttl: null });
      expect(kept.headers.get("ringwalk-ttl")).toBeNull();
      const { headers: after } = await call("HEAD", "/db/touched");
      expect([after.get("etag"), after.get("ringwalk-ttl")]).toEqual([
        etag,
        null,
      ]);
    });

    test("of a missing key is a 404 that says so, and creates nothing", async () => {
      const missing = await patch("/db/untouched", { op: "touch", ttl: 5 });
      expect([missing.status, codeOf(missing)]).toEqual([404, "no_such_key"]);
      expect((await call("GET", "/db/untouched")).headers.has("etag")).toBe(
        false,
      );
    });

    test("renews a lock for who holds it alone", async () => {
      const taken = await put("/db/lock?ttl=3600", "me", {
        "if-none-match": "*",
      });
      const mine = { "if-match": taken.headers.get("etag") };
      const renew = { op: "touch", ttl: 7200 };
      expect((await patch("/db/lock", renew, mine)).status).toBe(200);
      const others = { "if-match": '"1-1-x"' };
      expect(codeOf(await patch("/db/lock", renew, others))).toBe(
        "condition_failed",
      );
    });
  });

  describe("metadata", () => {
    const metadata = '{"owner":"ada","n":[1,null]}';
    const header = { "ringwalk-metadata": metadata };

    test("comes back with GET and HEAD, and goes with a PUT that has none", async () => {
      await put("/db/described", "x", header);
      for (const method of ["GET", "HEAD"]) {
        const { headers } = await call(method, "/db/described");
        expect(headers.get("ringwalk-metadata")).toBe(metadata);
      }
      await put("/db/described", "y");
      const { headers } = await call("GET", "/db/described");
      expect(headers.get("ringwalk-metadata")).toBeNull();
    });

    test("is kept by increment and touch", async () => {
      await call("POST", "/db/described-count", { body: "1", headers: header });
      await increment("/db/described-count");
      await patch("/db/described-count", { op: "touch", ttl: 600 });
      const got = await call("GET", "/db/described-count");
      expect(got.text).toBe("2");
      expect(got.headers.get("ringwalk-metadata")).toBe(metadata);
    });

    test("may have 2,048 bytes", async () => {
      const longest = `{"a":"${"x".repeat(2048 - 8)}"}`;
      await put("/db/long", "x", { "ringwalk-metadata": longest });
      const { headers } = await call("HEAD", "/db/long");
      expect(headers.get("ringwalk-metadata")).toBe(longest);
    });
  });
}
