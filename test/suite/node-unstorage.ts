/** What unstorage's stock `http` driver needs of an answer, where runtimes could differ: lengths, empty answers, streams. */
import { describe, expect, test } from "vitest";
import type { Caller } from "./node-caller.ts";

export function unstorageTests(call: Caller): void {
  const octets = "application/octet-stream";

  describe("/unstorage", () => {
    test("HEAD tells length and meta data", async () => {
      const headers = { "x-ttl": "3600", "content-type": octets };
      const body = new Uint8Array([1, 2, 3]);
      await call("PUT", "/unstorage/un/head", { headers, body });
      const reply = await call("HEAD", "/unstorage/un/head");
      expect([reply.status, reply.bytes.length]).toEqual([200, 0]);
      expect(reply.headers.get("content-length")).toBe("3");
      expect(Number(reply.headers.get("x-ttl"))).toBeGreaterThan(0);
      expect(reply.headers.get("last-modified")).toMatch(/ GMT$/);
    });

    test("a missing key is an empty 404, raw an empty 204, whatever /db answers", async () => {
      const missing = await call("GET", "/unstorage/un/missing");
      expect([missing.status, missing.text]).toEqual([404, ""]);
      const raw = await call("GET", "/unstorage/un/missing", {
        headers: { accept: octets },
      });
      expect([raw.status, raw.text]).toEqual([204, ""]);
    });

    test("keys are listed as one array, and cleared", async () => {
      const names = Array.from({ length: 30 }, (_, at) => `un/list/${at}`);
      for (const name of names)
        await call("PUT", `/unstorage/${name}`, { body: "v" });
      const listed = async () => {
        const { text } = await call("GET", "/unstorage/un/list/:");
        return (JSON.parse(text) as string[]).sort();
      };
      expect(await listed()).toEqual(names.toSorted());
      const cleared = await call("DELETE", "/unstorage/un/list/:");
      expect([cleared.status, cleared.text]).toEqual([200, ""]);
      expect(await listed()).toEqual([]);
    });
  });
}
