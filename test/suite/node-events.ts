/** A key's event stream over HTTP: its state, each later one, and where an earlier reader ended. */
import { describe, expect, test } from "vitest";
import { eventsOf, type ServerEvent } from "../../src/client/event-stream.ts";
import { type Caller, codeOf } from "./node-caller.ts";

const accept = { accept: "text/event-stream" };

export function eventTests(call: Caller): void {
  async function open(path: string, headers: Record<string, string> = {}) {
    const { body, ...response } = await call.stream(path, {
      ...accept,
      ...headers,
    });
    const events = eventsOf(body);
    return {
      headers: response.headers,
      /** The next event, its data as a value. */
      async next() {
        const { value, done } = await events.next();
        if (done) throw new Error("the stream has ended");
        const { type, id, data }: ServerEvent = value;
        return { type, id, data: JSON.parse(data) };
      },
      close: () => events.return(undefined),
    };
  }

  describe("a key's events", () => {
    test("its value, the next, its end", async () => {
      await call("PUT", "/db/seen", {
        body: "1",
        headers: {
          "content-type": "text/plain",
          "ringwalk-metadata": '{"by":"me"}',
        },
      });
      const { headers, next, close } = await open("/db/seen");
      expect(headers.get("content-type")).toBe(
        "text/event-stream; charset=utf-8",
      );
      expect(headers.get("cache-control")).toContain("no-store");
      const etag = async () =>
        (await call("HEAD", "/db/seen")).headers.get("etag");
      const first = await next();
      expect(first).toEqual({
        type: "value",
        id: (await etag())?.replaceAll('"', ""),
        data: {
          etag: await etag(),
          value: "1",
          contentType: "text/plain",
          metadata: { by: "me" },
        },
      });
      await call("PUT", "/db/seen", { body: Uint8Array.of(255, 0) });
      expect(await next()).toMatchObject({
        type: "value",
        data: {
          etag: await etag(),
          base64: "/wA=",
        },
      });
      await call("DELETE", "/db/seen");
      expect(await next()).toEqual({ type: "absent", id: "absent", data: {} });
      await close();
    });

    test("nothing again that the reader has: by the header, by the query, of no value too", async () => {
      await call("PUT", "/db?key=resumed", { body: "1" });
      const first = await open("/db?key=resumed");
      const { id } = await first.next();
      await first.close();
      const byHeader = await open("/db/resumed", { "last-event-id": id });
      const byQuery = await open(`/db/resumed?lastEventId=${id}`);
      const both = await open("/db/resumed?lastEventId=other", {
        "last-event-id": id,
      });
      await call("PUT", "/db/resumed", { body: "2" });
      for (const stream of [byHeader, byQuery, both]) {
        expect((await stream.next()).data.value).toBe("2");
        await stream.close();
      }
      const none = await open("/db/never-there?lastEventId=absent");
      await call("PUT", "/db/never-there", { body: "there" });
      expect((await none.next()).data.value).toBe("there");
      await none.close();
    });

    test("its remaining time, and a value as large as the ring takes", async () => {
      const { valueBytesMax } = call.capabilities;
      const body = "x".repeat(valueBytesMax);
      await call("PUT", "/db/large-event?ttl=600", { body });
      const { next, close } = await open("/db/large-event");
      const { data } = await next();
      expect(data.value).toBe(body);
      expect(data.ttl).toBeGreaterThan(590);
      expect(data.ttl).toBeLessThanOrEqual(600);
      await close();
    });

    test("what is wrong is a problem, and no stream", async () => {
      for (const path of [
        "/db/a?consistency=eventual",
        "/db/a?lastEventID=1",
        `/db/a?lastEventId=${"x".repeat(65)}`,
      ]) {
        const reply = await call("GET", path, { headers: accept });
        expect(codeOf(reply)).toBe("invalid_query");
      }
      const noKey = await call("GET", "/db?key=", { headers: accept });
      expect(codeOf(noKey)).toBe("invalid_key");
    });

    test("HEAD is of the value", async () => {
      await call("PUT", "/db/headed", { body: "1" });
      const { headers } = await call("HEAD", "/db/headed", { headers: accept });
      expect(headers.get("etag")).toMatch(/^"/);
      expect(headers.get("vary")).toBe("accept");
    });
  });
}
