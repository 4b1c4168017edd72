/** What a node tells those who watch over it, over HTTP: on every runtime. */
import { describe, expect, test } from "vitest";
import { until } from "../e2e/until.ts";
import { parseExposition, valueIn } from "./exposition.ts";
import type { Caller } from "./node-caller.ts";

export function sightTests(call: Caller): void {
  const metrics = async () => {
    const { status, headers, text } = await call("GET", "/metrics");
    expect(status).toBe(200);
    expect(headers.get("content-type")).toBe(
      "text/plain; version=0.0.4; charset=utf-8",
    );
    return parseExposition(text);
  };

  describe("sight", () => {
    test("it lives, and is ready: for everybody, and nothing else is told", async () => {
      expect(await call("GET", "/health")).toMatchObject({
        status: 200,
        text: "ok\r\n",
      });
      expect(await call("GET", "/ready")).toMatchObject({
        status: 200,
        text: "ready\r\n",
      });
      expect((await call("HEAD", "/ready")).status).toBe(200);
    });

    test("a request has an id: its own if it is sane, and a problem tells it", async () => {
      const idOf = async (given?: string) => {
        const { headers } = await call("GET", "/db/none", {
          headers: given === undefined ? {} : { "x-request-id": given },
        });
        return headers.get("x-request-id");
      };
      expect(await idOf("order-7/a")).toBe("order-7/a");
      const made = [
        await idOf(),
        await idOf(),
        await idOf('"quoted"'),
        await idOf("x".repeat(129)),
      ];
      for (const id of made) expect(id).toMatch(/^[\da-f-]+-[\da-z]+$/);
      expect(new Set(made).size).toBe(made.length);
      const refused = await call("GET", "/db/a?what=1", {
        headers: { "x-request-id": "mine" },
      });
      expect(JSON.parse(refused.text)).toMatchObject({
        code: "invalid_query",
        requestId: "mine",
      });
      const unrouted = await call("GET", "/nowhere");
      expect(JSON.parse(unrouted.text).requestId).toBe(
        unrouted.headers.get("x-request-id"),
      );
    });

    test("a trace is taken along, and a malformed one is as good as none", async () => {
      for (const traceparent of [
        "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
        "malformed",
      ]) {
        const headers = { traceparent };
        expect(
          (await call("PUT", "/db/traced", { body: "1", headers })).status,
        ).toBe(200);
        expect((await call("GET", "/db/traced", { headers })).text).toBe("1");
      }
    });

    test("requests and operations are counted by their kinds and how they end", async () => {
      const before = await metrics();
      await call("PUT", "/db/counted", { body: "1" });
      await call("GET", "/db/counted");
      await call("GET", "/db/counted");
      await call("PUT", "/db/counted", {
        body: "2",
        headers: { "if-none-match": "*" },
      });
      const after = await metrics();
      const more = (name: string, labels: Readonly<Record<string, string>>) =>
        (valueIn(after, name, labels) ?? 0) -
        (valueIn(before, name, labels) ?? 0);
      const route = "/db/{key}";
      const requests = "ringwalk_http_requests_total";
      expect(more(requests, { route, method: "GET", status: "200" })).toBe(2);
      expect(more(requests, { route, method: "PUT", status: "412" })).toBe(1);
      expect(
        more("ringwalk_http_request_duration_seconds_count", {
          route,
          method: "GET",
        }),
      ).toBe(2);
      const operations = "ringwalk_operations_total";
      expect(more(operations, { operation: "put", outcome: "ok" })).toBe(1);
      expect(
        more(operations, { operation: "put", outcome: "condition_failed" }),
      ).toBe(1);
      expect(valueIn(after, "ringwalk_ready")).toBe(1);
      expect(valueIn(after, "ringwalk_joint")).toBe(0);
    });

    test("a watch is counted while its reader is there, and no longer", async () => {
      const watches = async () => valueIn(await metrics(), "ringwalk_watches");
      const before = (await watches()) ?? 0;
      const { body } = await call.stream("/db/counted", {
        accept: "text/event-stream",
      });
      expect(await watches()).toBe(before + 1);
      await body.cancel();
      const { noticesLate } = call.capabilities;
      let writes = 0;
      await until(async () => {
        if (noticesLate)
          await call("PUT", "/db/counted", { body: `${writes++}` });
        return (await watches()) === before;
      }, "the watch is let go");
    });
  });
}
