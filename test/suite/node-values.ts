/** Values over HTTP: what was put comes back as it was, until it is deleted or its time is over. */
import { describe, expect, test } from "vitest";
import type { Caller } from "./node-caller.ts";
import { codeOf, pathOf } from "./node-caller.ts";

export function valueTests(call: Caller): void {
  const {
    missingStatus,
    valueBytesMax,
    isEventual = false,
  } = call.capabilities;

  describe("values", () => {
    test("a key that was never put is empty, with the status that the node was started with", async () => {
      const reply = await call("GET", "/db/never-put");
      expect([reply.status, reply.text]).toEqual([missingStatus, ""]);
      expect(reply.headers.get("etag")).toBeNull();
      expect((await call("HEAD", "/db/never-put")).status).toBe(missingStatus);
    });

    test.each(["PUT", "POST"])(
      "%s answers 200 and nothing else but an ETag",
      async (method) => {
        const put = await call(method, "/db/upsert", { body: method });
        expect([put.status, put.text]).toEqual([200, ""]);
        expect(put.headers.get("etag")).toMatch(/^"[!#-~]+"$/);
        const got = await call("GET", "/db/upsert");
        expect([got.status, got.text]).toEqual([200, method]);
        expect(got.headers.get("etag")).toBe(put.headers.get("etag"));
      },
    );

    test("DELETE answers an empty 200, whether there was a value or not", async () => {
      await call("PUT", "/db/deleted", { body: "x" });
      for (const _ of [1, 2]) {
        const reply = await call("DELETE", "/db/deleted");
        expect([reply.status, reply.text]).toEqual([200, ""]);
        expect((await call("GET", "/db/deleted")).status).toBe(missingStatus);
      }
    });

    test.each([
      ["an empty value", new Uint8Array()],
      ["every byte value", Uint8Array.from({ length: 256 }, (_, i) => i)],
      ["a value as large as allowed", new Uint8Array(valueBytesMax).fill(7)],
    ])(
      "%s comes back byte for byte, and HEAD tells its length",
      async (name, value) => {
        await call("PUT", pathOf(name), { body: value });
        const got = await call("GET", pathOf(name));
        expect(got.status).toBe(200);
        expect(Buffer.compare(got.bytes, value)).toBe(0);
        const head = await call("HEAD", pathOf(name));
        expect([head.status, head.text]).toEqual([200, ""]);
        expect(head.headers.get("content-length")).toBe(String(value.length));
        expect(head.headers.get("etag")).toBe(got.headers.get("etag"));
      },
    );

    test("a body of unknown length is stored whole", async ({ skip }) => {
      skip(
        call.capabilities.noStreamedBodies !== undefined,
        call.capabilities.noStreamedBodies,
      );
      await call("PUT", "/db/streamed", {
        body: streamOf(["one ", "two ", "three"]),
      });
      expect((await call("GET", "/db/streamed")).text).toBe("one two three");
    });

    test("the content type is kept, and is octet-stream where none was given", async () => {
      await call("PUT", "/db/typed", {
        body: "<p>",
        headers: { "content-type": "text/html; charset=utf-8" },
      });
      const typed = await call("GET", "/db/typed");
      expect(typed.headers.get("content-type")).toBe(
        "text/html; charset=utf-8",
      );
      await call("PUT", "/db/typed", { body: new Uint8Array([1]) });
      const untyped = await call("GET", "/db/typed");
      expect(untyped.headers.get("content-type")).toBe(
        "application/octet-stream",
      );
    });

    test("a stored page cannot run as a page of the node, and caches must ask", async () => {
      await call("PUT", "/db/page.html", { body: "<script>" });
      const { headers } = await call("GET", "/db/page.html");
      expect(headers.get("x-content-type-options")).toBe("nosniff");
      expect(headers.get("content-security-policy")).toBe("sandbox");
      expect(headers.get("cache-control")).toBe("no-cache, no-transform");
    });

    test("a time to live is told, and a PUT without one clears it", async () => {
      await call("PUT", "/db/short-lived?ttl=3600", { body: "x" });
      const { headers } = await call("GET", "/db/short-lived");
      const seconds = Number(headers.get("ringwalk-ttl"));
      expect(seconds).toBeGreaterThan(3000);
      expect(seconds).toBeLessThanOrEqual(3600);
      await call("PUT", "/db/short-lived", { body: "y" });
      const cleared = await call("GET", "/db/short-lived");
      expect(cleared.headers.get("ringwalk-ttl")).toBeNull();
    });

    test("every answer of an eventual ring says so, and it refuses a linearizable read", async ({
      skip,
    }) => {
      skip(!isEventual, "the ring is linearizable");
      for (const [method, path] of [
        ["PUT", "/db/told"],
        ["GET", "/db/told"],
        ["GET", "/db"],
        ["DELETE", "/db/told"],
      ] as const) {
        const { headers } = await call(method, path);
        const told = headers.get("ringwalk-consistency");
        expect(told, `${method} ${path}`).toBe("eventual");
      }
      const strong = await call("GET", "/db/told?consistency=linearizable");
      expect([strong.status, codeOf(strong)]).toEqual([
        400,
        "invalid_consistency",
      ]);
    });

    test("an eventual read says so; a linearizable one does not", async ({
      skip,
    }) => {
      skip(isEventual, "the ring is eventual");
      await call("PUT", "/db/read", { body: "x" });
      const eventual = await call("GET", "/db/read?consistency=eventual");
      expect(eventual.text).toBe("x");
      expect(eventual.headers.get("ringwalk-consistency")).toBe("eventual");
      const strong = await call("GET", "/db/read?consistency=linearizable");
      expect(strong.text).toBe("x");
      expect(strong.headers.get("ringwalk-consistency")).toBeNull();
    });

    test("a caller that asks for it is told the walk, whether the key is there or not", async () => {
      const headers = { "ringwalk-trace": "1" };
      const walk = /^partition=\d+; replicas=1; members=[^;,]+; steps=.+$/;
      await call("PUT", "/db/walked", { body: "x" });
      for (const path of ["/db/walked", "/db/never-put"]) {
        const traced = await call("GET", path, { headers });
        expect(traced.headers.get("ringwalk-walk")).toMatch(walk);
        const untraced = await call("GET", path);
        expect(untraced.headers.get("ringwalk-walk")).toBeNull();
      }
      const put = await call("PUT", "/db/walked", { headers, body: "y" });
      expect(put.headers.get("ringwalk-walk")).toMatch(walk);
      const deleted = await call("DELETE", "/db/walked", { headers });
      expect(deleted.headers.get("ringwalk-walk")).toMatch(walk);
    });
  });
}

export function streamOf(parts: readonly string[]): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder();
  const left = [...parts];
  return new ReadableStream({
    pull(controller) {
      const part = left.shift();
      if (part === undefined) controller.close();
      else controller.enqueue(encoder.encode(part));
    },
  });
}
