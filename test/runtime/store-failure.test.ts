/** A server whose disk fails, as its callers see it: a clear problem, nothing acknowledged, and service again afterwards. */
import { afterEach, expect, test } from "vitest";
import { startServer } from "../../src/runtime/nodejs.ts";
import { openStore } from "../../src/store/open.ts";
import { createFailingStore } from "../node/failing-store.ts";

let close: (() => Promise<void>) | undefined;
afterEach(() => close?.());

test("a full disk is a 503 with the next step, and the node serves on", async () => {
  const store = createFailingStore(await openStore({ kind: "memory" }));
  const server = await startServer({
    name: "node",
    port: 0,
    openStore: async () => store,
    founding: { partitionCount: 8 },
  });
  close = server.close;
  const put = (key: string) =>
    fetch(`${server.url}/db/${key}`, { method: "PUT", body: "x" });
  expect((await put("before")).status).toBe(200);

  store.failure = { code: "store_full", reads: false };
  for (const response of [
    await put("k"),
    await fetch(`${server.url}/db/k`, { method: "DELETE" }),
  ]) {
    const text = await response.text();
    expect([response.status, response.headers.get("content-type")]).toEqual([
      503,
      "application/problem+json",
    ]);
    expect(response.headers.get("retry-after")).toBe("1");
    expect(JSON.parse(text)).toMatchObject({
      code: "store_failed",
      detail: expect.stringMatching(/disk is full: free some space/),
    });
    expect(text).not.toContain("/secret/place");
  }
  const read = await fetch(`${server.url}/db/before`);
  expect([read.status, await read.text()]).toEqual([200, "x"]);
  expect((await fetch(`${server.url}/db/k`)).status).toBe(404);

  store.failure = undefined;
  expect((await put("k")).status).toBe(200);
});
