/** Listings over HTTP: lines as the seed systems read them, and JSON pages. */
import { describe, expect, test } from "vitest";
import type { Caller } from "./node-caller.ts";

export function listingTests(call: Caller): void {
  const json = { accept: "application/json" };

  async function putAll(keys: readonly string[]) {
    for (const key of keys)
      await call("PUT", `/db?${new URLSearchParams({ key })}`, { body: "x" });
  }

  describe("listings", () => {
    test("keys are lines that end in CR LF; CR, LF and % in them are escaped", async () => {
      const keys = ["lines/1", "lines/2\r\n3", "lines/100%25", "lines/ü"];
      await putAll(keys);
      const { status, headers, text } = await call("GET", "/db?prefix=lines/");
      expect(status).toBe(200);
      expect(headers.get("content-type")).toBe("text/plain; charset=utf-8");
      expect(text.endsWith("\r\n")).toBe(true);
      expect(text.split("\r\n").slice(0, -1).sort()).toEqual(
        ["lines/1", "lines/2%0D%0A3", "lines/100%2525", "lines/ü"].sort(),
      );
    });

    test("a listing of nothing is empty", async () => {
      const { status, text } = await call("GET", "/db?prefix=nothing/");
      expect([status, text]).toEqual([200, ""]);
    });

    test("pages of JSON hold every key once, in each scope", async () => {
      const keys = Array.from({ length: 23 }, (_, i) => `pages/${i}\n%`);
      await putAll(keys);
      for (const scope of ["node", "ring"]) {
        const listed: string[] = [];
        let cursor: string | undefined;
        do {
          const query = new URLSearchParams({
            scope,
            prefix: "pages/",
            limit: "5",
          });
          if (cursor !== undefined) query.set("cursor", cursor);
          const reply = await call("GET", `/db?${query}`, { headers: json });
          expect(reply.headers.get("content-type")).toBe("application/json");
          const page = JSON.parse(reply.text);
          expect(page.keys.length).toBeLessThanOrEqual(5);
          listed.push(...page.keys);
          cursor = page.cursor;
        } while (cursor !== undefined);
        expect(listed.toSorted()).toEqual(keys.toSorted());
      }
    });

    test("a deleted key is listed no more", async () => {
      await putAll(["listed/1", "listed/2"]);
      await call("DELETE", "/db/listed/1");
      expect((await call("GET", "/db?prefix=listed/")).text).toBe(
        "listed/2\r\n",
      );
    });
  });
}
