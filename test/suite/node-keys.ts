/** Keys over HTTP: each has its own URL, whatever characters it has, and no two share one. */
import { describe, expect, test } from "vitest";
import { type Caller, pathOf } from "./node-caller.ts";

const keys: readonly string[] = [
  "a",
  "A",
  "a:b",
  "a/b",
  "a//b",
  "a/",
  "/a",
  "a?x",
  "a#x",
  "a b",
  "a+b",
  "a%20b",
  "%FF",
  "a&b=c",
  "a\\b",
  "a\r\nb",
  "a\u0000b",
  "$",
  "...",
  "ключ/鍵",
  "𝒌",
  "é",
  "e\u0301",
  "x".repeat(1024),
  "é".repeat(512),
];

/** No path can carry these: a URL's dot segments are resolved before it is sent. */
const dotKeys: readonly string[] = [".", "..", "a/../b", "./a"];

export function keyTests(call: Caller): void {
  describe("keys", () => {
    test("all kinds of keys are different keys, by path and by query", async () => {
      for (const key of keys)
        await call("PUT", pathOf(key), { body: `value of ${key}` });
      for (const key of dotKeys)
        await call("PUT", byQuery(key), { body: `value of ${key}` });
      for (const key of keys)
        expect((await call("GET", pathOf(key))).text).toBe(`value of ${key}`);
      for (const key of [...keys, ...dotKeys])
        expect((await call("GET", byQuery(key))).text).toBe(`value of ${key}`);
      const { text } = await call("GET", "/db");
      const listed = text
        .split("\r\n")
        .map((line) =>
          decodeURIComponent(line.replace(/%(?!0A|0D|25)/g, "%25")),
        );
      expect(listed).toEqual(expect.arrayContaining([...keys, ...dotKeys]));
      for (const key of [...keys, ...dotKeys])
        expect((await call("DELETE", byQuery(key))).status).toBe(200);
    });

    test("slashes may stand raw, and escapes may be in either case", async () => {
      await call("PUT", "/db/raw/slash", { body: "1" });
      expect((await call("GET", "/db/raw%2Fslash")).text).toBe("1");
      expect((await call("GET", "/db/raw%2fslash")).text).toBe("1");
      expect((await call("GET", "/db/%72aw/slash")).text).toBe("1");
    });

    test("a query is read like a form: + is a space, %2B is a plus", async () => {
      await call("PUT", "/db/one+two", { body: "plus" });
      await call("PUT", "/db/one%20two", { body: "space" });
      expect((await call("GET", "/db?key=one%2Btwo")).text).toBe("plus");
      expect((await call("GET", "/db?key=one+two")).text).toBe("space");
    });

    test("all methods take a key from the query, with their parameters", async () => {
      await call("PUT", "/db?key=by/query&ttl=3600", { body: "x" });
      const got = await call("GET", "/db?consistency=eventual&key=by/query");
      expect([got.status, got.text]).toEqual([200, "x"]);
      expect(got.headers.has("ringwalk-ttl")).toBe(true);
      await call("POST", "/db?key=by/query", { body: "y" });
      expect((await call("GET", "/db/by/query")).text).toBe("y");
      await call("DELETE", "/db?key=by/query");
      expect((await call("GET", "/db/by/query")).text).toBe("");
    });
  });
}

function byQuery(key: string): string {
  return `/db?${new URLSearchParams({ key })}`;
}
