/** Conditional requests over HTTP (RFC 9110, section 13), and repeated ones. */
import { describe, expect, test } from "vitest";
import { type Caller, codeOf } from "./node-caller.ts";

export function conditionTests(call: Caller): void {
  async function put(path: string, body: string, headers = {}) {
    const reply = await call("PUT", path, { body, headers });
    return { ...reply, etag: reply.headers.get("etag") ?? "" };
  }

  describe("conditions", () => {
    test("If-None-Match: * creates once", async () => {
      const headers = { "if-none-match": "*" };
      expect((await put("/db/created", "1", headers)).status).toBe(200);
      const second = await put("/db/created", "2", headers);
      expect([second.status, codeOf(second)]).toEqual([
        412,
        "condition_failed",
      ]);
      expect((await call("GET", "/db/created")).text).toBe("1");
    });

    test("If-Match updates the revision that was read, and no other", async () => {
      const { etag } = await put("/db/matched", "1");
      const list = `"other", ${etag}`;
      const second = await put("/db/matched", "2", { "if-match": list });
      expect(second.status).toBe(200);
      expect(second.etag).not.toBe(etag);
      const third = await put("/db/matched", "3", { "if-match": etag });
      expect([third.status, codeOf(third)]).toEqual([412, "condition_failed"]);
      expect((await call("GET", "/db/matched")).text).toBe("2");
    });

    test("a weak ETag never matches in If-Match, and does in If-None-Match", async () => {
      const { etag } = await put("/db/weak", "1");
      const byMatch = await put("/db/weak", "2", { "if-match": `W/${etag}` });
      expect(byMatch.status).toBe(412);
      const headers = { "if-none-match": `W/${etag}` };
      expect((await put("/db/weak", "2", headers)).status).toBe(412);
      expect((await call("GET", "/db/weak", { headers })).status).toBe(304);
    });

    test("If-Match: * needs a value", async () => {
      const headers = { "if-match": "*" };
      expect((await put("/db/any", "1", headers)).status).toBe(412);
      await put("/db/any", "1");
      expect((await put("/db/any", "2", headers)).status).toBe(200);
    });

    test("DELETE takes conditions too", async () => {
      const { etag } = await put("/db/kept", "1");
      const other = { "if-match": '"other"' };
      const refused = await call("DELETE", "/db/kept", { headers: other });
      expect(codeOf(refused)).toBe("condition_failed");
      const deleted = await call("DELETE", "/db/kept", {
        headers: { "if-match": etag },
      });
      expect(deleted.status).toBe(200);
    });

    test("GET with If-None-Match answers an empty 304 while the value is the same", async () => {
      const { etag } = await put("/db/cached?ttl=600", "1");
      const headers = { "if-none-match": `"other", ${etag}` };
      for (const method of ["GET", "HEAD"]) {
        const same = await call(method, "/db/cached", { headers });
        expect([same.status, same.text]).toEqual([304, ""]);
        expect(same.headers.get("etag")).toBe(etag);
        expect(same.headers.has("ringwalk-ttl")).toBe(true);
      }
      await put("/db/cached", "2");
      const changed = await call("GET", "/db/cached", { headers });
      expect([changed.status, changed.text]).toEqual([200, "2"]);
    });

    test("GET with an If-Match that does not hold answers 412, for a missing key too", async () => {
      const { etag } = await put("/db/read-matched", "1");
      const met = { "if-match": etag };
      expect(
        (await call("GET", "/db/read-matched", { headers: met })).text,
      ).toBe("1");
      const headers = { "if-match": '"other"' };
      for (const path of ["/db/read-matched", "/db/never-put"])
        expect(codeOf(await call("GET", path, { headers }))).toBe(
          "condition_failed",
        );
    });

    test("concurrent creates of one key: exactly one wins", async () => {
      const headers = { "if-none-match": "*" };
      const replies = await Promise.all(
        Array.from({ length: 50 }, (_, i) =>
          put("/db/contested", `${i}`, headers),
        ),
      );
      const won = replies.flatMap(({ status }, i) =>
        status === 200 ? [i] : [],
      );
      expect(won).toHaveLength(1);
      expect((await call("GET", "/db/contested")).text).toBe(String(won[0]));
    });

    test("concurrent increments by If-Match lose none", async () => {
      await put("/db/counter", "0");
      const increment = async () => {
        for (;;) {
          const { text, headers } = await call("GET", "/db/counter");
          const condition = { "if-match": headers.get("etag") };
          const { status } = await put(
            "/db/counter",
            String(Number(text) + 1),
            condition,
          );
          if (status === 200) return;
          expect(status).toBe(412);
        }
      };
      await Promise.all(Array.from({ length: 10 }, increment));
      expect((await call("GET", "/db/counter")).text).toBe("10");
    });

    test("a repeated Idempotency-Key is applied once and answered alike", async () => {
      const headers = { "idempotency-key": crypto.randomUUID() };
      const first = await put("/db/repeated", "1", headers);
      const again = await put("/db/repeated", "1", headers);
      expect([again.status, again.etag]).toEqual([200, first.etag]);
      await put("/db/repeated", "2");
      const late = await put("/db/repeated", "1", headers);
      expect([late.status, late.etag]).toEqual([200, first.etag]);
      expect((await call("GET", "/db/repeated")).text).toBe("2");
    });
  });
}
