/** The dashboard over HTTP, without a browser: its file, its policy, and the streams and answers that it lives on. */
import { createHash } from "node:crypto";
import { describe, expect, test } from "vitest";
import { eventsOf } from "../../src/client/event-stream.ts";
import type { Caller } from "./node-caller.ts";

/** As a browser asks. */
const accept =
  "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8";
const hashOf = (text = "") =>
  `'sha256-${createHash("sha256").update(text).digest("base64")}'`;

export function pageTests(call: Caller): void {
  describe("the page", () => {
    test("for browsers; everybody else gets a line", async () => {
      const page = await call("GET", "/", { headers: { accept } });
      expect(page.status).toBe(200);
      expect(page.headers.get("content-type")).toBe("text/html; charset=utf-8");
      expect(page.text).toMatch(/^<!doctype html>/);
      const etag = page.headers.get("etag") ?? "";
      const known = { accept, "if-none-match": etag };
      expect(await call("GET", "/", { headers: known })).toMatchObject({
        status: 304,
        text: "",
      });
      for (const other of ["*/*", "application/json"])
        expect(
          await call("GET", "/", { headers: { accept: other } }),
        ).toMatchObject({
          status: 200,
          text: "ringwalk\r\n",
        });
    });

    test("its policy knows its own script and style, and nothing else", async () => {
      const { headers, text } = await call("GET", "/", { headers: { accept } });
      const [, script] =
        /<script type="module">(.*?)<\/script>/s.exec(text) ?? [];
      const [, style] = /<style>(.*?)<\/style>/s.exec(text) ?? [];
      const policy = headers.get("content-security-policy")?.split("; ");
      expect(policy).toEqual([
        "default-src 'none'",
        `script-src ${hashOf(script)}`,
        `style-src ${hashOf(style)}`,
        "connect-src 'self'",
        "img-src data:",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
        "require-trusted-types-for 'script'",
        "trusted-types 'none'",
      ]);
      expect(text).not.toMatch(/ on\w+=| style="| src=/);
    });

    test("the ring, live: its table, its members, and how they fare", async () => {
      const { headers, body } = await call.stream("/dht/status", {
        accept: "text/event-stream",
      });
      expect(headers.get("content-type")).toBe(
        "text/event-stream; charset=utf-8",
      );
      const events = eventsOf(body);
      const next = async () => {
        const { value, done } = await events.next();
        if (done) throw new Error("the stream has ended");
        return { type: value.type, data: JSON.parse(value.data) };
      };
      const { type, data: table } = await next();
      expect(type).toBe("table");
      const first = await next();
      expect(first.type).toBe("status");
      const { settings, members } = first.data;
      expect(settings).not.toHaveProperty("hashSeed");
      expect(table.members).toEqual(
        members.map(({ name }: { readonly name: string }) => name),
      );
      expect(table.partitions).toHaveLength(settings.partitionCount);
      const { data } = await next();
      expect(Object.keys(data.vitals)).toEqual(table.members);
      await events.return(undefined);
    });

    test("who keeps a key, and what it holds", async () => {
      await call("PUT", "/db/kept", { body: "1" });
      const etag = (await call("HEAD", "/db/kept")).headers.get("etag");
      const { text } = await call("GET", "/dht/holders?key=kept");
      const { holders } = JSON.parse(text);
      expect(holders).toMatchObject([
        {
          role: "primary",
          holds: "value",
          revision: etag?.replaceAll('"', ""),
        },
      ]);
      expect(await call("GET", "/dht/holders")).toMatchObject({ status: 400 });
    });
  });
}
