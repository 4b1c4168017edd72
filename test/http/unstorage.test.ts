/** `/unstorage`: unstorage's stock `http` driver against a node on a socket, and what the driver itself never sends. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import httpDriver from "unstorage/drivers/http";
import {
  afterAll,
  beforeAll,
  beforeEach,
  describe,
  expect,
  test,
} from "vitest";
import { clearMsMax } from "../../src/core/limits.ts";
import { type Servers, serversIn } from "../e2e/servers.ts";
import type { RunningNode } from "../suite/node.ts";
import { codeOf, createCaller } from "../suite/node-caller.ts";
import { unstorageSuite } from "../suite/unstorage-driver.ts";
import { startMemoryNode } from "./memory-node.ts";
import { appOf } from "./stub-node.ts";

unstorageSuite("its http driver on a node", async () => {
  const folder = await mkdtemp(join(tmpdir(), "ringwalk-unstorage-"));
  const servers: Servers = serversIn(folder, {
    store: "memory",
    partitions: 32,
  });
  const { url } = await servers.start("node");
  return {
    driver: httpDriver({ base: `${url}/unstorage` }),
    async close() {
      await servers.end();
      await rm(folder, { recursive: true, force: true });
    },
  };
});

const raw = { accept: "application/octet-stream" };

describe("over HTTP", () => {
  let node: RunningNode | undefined;
  beforeAll(async () => {
    // What the seed wants of missing keys is not what unstorage's driver knows.
    node = await startMemoryNode({ missingStatus: 200 });
  });
  afterAll(() => node?.close());
  const call = createCaller({ missingStatus: 200, valueBytesMax: 1 }, () => {
    if (!node) throw new Error("the node has not been started");
    return node;
  });
  beforeEach(async () => {
    const { text } = await call("GET", "/db?scope=ring");
    for (const line of text.split("\r\n").filter(Boolean))
      await call(
        "DELETE",
        `/db?key=${encodeURIComponent(decodeURIComponent(line))}`,
      );
  });
  const put = (path: string, body: string | Uint8Array, type?: string) =>
    call("PUT", path, {
      body,
      ...(type !== undefined && { headers: { "content-type": type } }),
    });

  test("the keys are those of /db, with colons", async () => {
    expect((await put("/unstorage/a/b%20c", "v")).status).toBe(200);
    expect((await call("GET", "/db/a:b%20c")).text).toBe("v");
    await put("/db/x:y", "w");
    expect((await call("GET", "/unstorage/x/y")).text).toBe("w");
    expect((await call("GET", "/unstorage/x:y")).text).toBe("w");
  });

  test.each([
    ['{"a":1}', "application/json", "application/json"],
    ["12", "application/json", "application/json"],
    ["test_data", "application/json", "text/plain; charset=utf-8"],
    ["", "application/json", "text/plain; charset=utf-8"],
    ["*bold*", "text/markdown", "text/markdown"],
    ["x", "application/octet-stream", "application/octet-stream"],
  ])(
    "%j sent as %s is %s at /db, and text or raw here",
    async (body, sent, kept) => {
      await put("/unstorage/t", body, sent);
      const { headers, text } = await call("GET", "/db/t");
      expect([headers.get("content-type"), text]).toEqual([kept, body]);
      const here = await call("GET", "/unstorage/t");
      expect(here.headers.get("content-type")).toBe(
        "text/plain; charset=utf-8",
      );
      expect(here.headers.get("vary")).toBe("accept");
      expect(here.text).toBe(body);
      const asRaw = await call("GET", "/unstorage/t", { headers: raw });
      expect(asRaw.headers.get("content-type")).toBe(
        "application/octet-stream",
      );
      expect(asRaw.text).toBe(body);
    },
  );

  test("bytes that are no text are said to be bytes", async () => {
    await put("/unstorage/t", new Uint8Array([0xff, 0xfe]), "application/json");
    const { headers, bytes } = await call("GET", "/db/t");
    expect(headers.get("content-type")).toBe("application/octet-stream");
    expect(bytes).toEqual(new Uint8Array([0xff, 0xfe]));
  });

  test("what is missing is 404, and raw 204, whatever /db says", async () => {
    expect((await call("GET", "/db/missing")).status).toBe(200);
    for (const method of ["GET", "HEAD"]) {
      const { status, bytes, headers } = await call(
        method,
        "/unstorage/missing",
      );
      expect([status, bytes.length]).toEqual([404, 0]);
      expect(headers.get("etag")).toBeNull();
    }
    const asRaw = await call("GET", "/unstorage/missing", { headers: raw });
    expect([asRaw.status, asRaw.bytes.length]).toEqual([204, 0]);
    expect(asRaw.headers.get("etag")).toBeNull();
    expect(asRaw.headers.get("content-length")).toBeNull();
    await put("/unstorage/empty", new Uint8Array(), "application/octet-stream");
    const empty = await call("GET", "/unstorage/empty", { headers: raw });
    expect([empty.status, empty.bytes.length]).toEqual([200, 0]);
    expect(empty.headers.get("etag")).not.toBeNull();
  });

  test("meta data stands in the headers, to the millisecond at /db", async () => {
    const before = Date.now();
    await call("PUT", "/unstorage/m", {
      body: "v",
      headers: { "x-ttl": "60.5" },
    });
    const { headers } = await call("HEAD", "/unstorage/m");
    const modifiedAt = Number(headers.get("ringwalk-modified-at"));
    expect(modifiedAt).toBeGreaterThanOrEqual(before);
    expect(modifiedAt).toBeLessThanOrEqual(Date.now());
    expect(headers.get("last-modified")).toBe(
      new Date(modifiedAt).toUTCString(),
    );
    expect(Number(headers.get("x-ttl"))).toBeGreaterThan(50);
    expect(Number(headers.get("x-ttl"))).toBeLessThanOrEqual(61);
    expect(headers.get("content-length")).toBe("1");
    const atDb = await call("HEAD", "/db/m");
    expect(atDb.headers.get("ringwalk-modified-at")).toBe(String(modifiedAt));
    expect(atDb.headers.get("last-modified")).toBeNull();
  });

  test.each([
    "0",
    "-1",
    "x",
    "",
    "1e9",
    "316224001",
    "NaN",
    "Infinity",
    "1.",
    "1,5",
  ])("x-ttl %j is refused, and nothing is stored", async (ttl) => {
    const reply = await call("PUT", "/unstorage/t", {
      body: "v",
      headers: { "x-ttl": ttl },
    });
    expect([reply.status, codeOf(reply)]).toEqual([400, "invalid_ttl"]);
    expect((await call("HEAD", "/unstorage/t")).status).toBe(404);
  });

  test("keys that unstorage cannot name are neither listed nor cleared", async () => {
    const others = [
      "a/b",
      "a::b",
      ":a",
      "a:",
      "..",
      "a:.:b",
      "a?b",
      "a\\b",
      "\u0000ring/x",
    ];
    for (const key of [...others, "a:b", "$", "a:c$"])
      await put(`/db?key=${encodeURIComponent(key)}`, "v");
    for (const path of ["/unstorage/:", "/unstorage/", "/unstorage//"]) {
      const { text, headers } = await call("GET", path);
      expect(headers.get("content-type")).toBe("application/json");
      expect(JSON.parse(text)).toEqual(["a/b"]);
    }
    expect((await call("DELETE", "/unstorage/:")).status).toBe(200);
    const left = (await call("GET", "/db?scope=ring")).text.split("\r\n");
    expect(left.slice(0, -1).sort()).toEqual(others.toSorted());
  });

  test.each(["a/", "a:", "a/:", "a//", "a%3A/:"])(
    "%s is the base a",
    async (path) => {
      for (const key of ["a:b", "a", "ab:c"]) await put(`/db/${key}`, "v");
      expect(
        JSON.parse((await call("GET", `/unstorage/${path}`)).text),
      ).toEqual(["a/b"]);
      await call("DELETE", `/unstorage/${path}`);
      expect(
        JSON.parse((await call("GET", "/unstorage/:")).text).sort(),
      ).toEqual(["a", "ab/c"]);
    },
  );

  test.each([
    ["GET", "/unstorage/..%2fa", 400, "invalid_key"],
    ["PUT", "/unstorage/a%2f..%5cb", 400, "invalid_key"],
    ["GET", "/unstorage/%2e%2e%3a/:", 400, "invalid_key"],
    ["GET", "/unstorage/%3fa", 400, "invalid_key"],
    ["GET", "/unstorage/%ff", 400, "invalid_encoding"],
    ["DELETE", "/unstorage/%/:", 400, "invalid_encoding"],
    ["HEAD", "/unstorage/a/:", 400, undefined],
    ["PUT", "/unstorage/a/:", 400, "invalid_key"],
    ["PUT", "/unstorage/a?key=b", 400, "invalid_query"],
    ["PUT", "/unstorage/a?tll=5", 400, "invalid_query"],
    ["DELETE", "/unstorage/a/:?prefix=b", 400, "invalid_query"],
    ["GET", "/unstorage/:?scope=node", 400, "invalid_query"],
    ["POST", "/unstorage/a", 405, "method_not_allowed"],
    ["GET", "/unstorage", 404, "not_found"],
    ["PUT", `/unstorage/${"k".repeat(1025)}`, 400, "invalid_key"],
    ["GET", `/unstorage/${"k".repeat(1025)}/:`, 400, "invalid_key"],
  ])("%s %s is %i %s", async (method, path, status, code) => {
    await put("/db/a", "before");
    const reply = await call(
      method,
      path,
      method === "PUT" ? { body: "v" } : {},
    );
    expect(reply.status).toBe(status);
    if (code !== undefined) expect(codeOf(reply)).toBe(code);
    expect((await call("GET", "/db?scope=ring")).text).toBe("a\r\n");
    expect((await call("GET", "/db/a")).text).toBe("before");
  });

  test("conditions are ETags, and a date is refused as one", async () => {
    await put("/unstorage/c", "1");
    const etag = (await call("HEAD", "/unstorage/c")).headers.get("etag") ?? "";
    const dated = await call("DELETE", "/unstorage/c", {
      headers: { "if-unmodified-since": new Date(0).toUTCString() },
    });
    expect([dated.status, codeOf(dated)]).toEqual([400, "invalid_condition"]);
    const same = await call("GET", "/unstorage/c", {
      headers: { "if-none-match": etag },
    });
    expect([same.status, same.text]).toEqual([304, ""]);
    const second = await call("PUT", "/unstorage/c", {
      body: "2",
      headers: { "if-match": etag },
    });
    expect(second.status).toBe(200);
    const third = await call("PUT", "/unstorage/c", {
      body: "3",
      headers: { "if-match": etag },
    });
    expect([third.status, codeOf(third)]).toEqual([412, "condition_failed"]);
    expect((await call("GET", "/unstorage/c")).text).toBe("2");
  });

  test("pages of other sites change nothing", async () => {
    await put("/unstorage/a/b", "v");
    const headers = { "sec-fetch-site": "cross-site" };
    for (const [method, path] of [
      ["PUT", "a/b"],
      ["DELETE", "a/b"],
      ["DELETE", ":"],
    ] as const) {
      const reply = await call(method, `/unstorage/${path}`, { headers });
      expect([reply.status, codeOf(reply)]).toEqual([
        403,
        "cross_site_refused",
      ]);
    }
    expect((await call("GET", "/unstorage/a/b")).text).toBe("v");
  });
});

describe("a clear that cannot end", () => {
  const keys = Array.from({ length: 200 }, (_, at) => `k${at}`);
  const shortage = {
    ok: false,
    error: { code: "no_quorum", message: "No majority." },
  } as const;
  const deleted = { ok: true, value: { existed: true } } as const;
  const clear = (app: ReturnType<typeof appOf>) =>
    app.request("/unstorage/:", { method: "DELETE" });
  const page = (cursor?: string) =>
    ({
      ok: true,
      value: { keys, ...(cursor !== undefined && { cursor }) },
    }) as const;

  test("is what stopped it while nothing is deleted: then nothing was applied", async () => {
    const answer = await clear(
      appOf({ keys: async () => page(), delete: async () => shortage }),
    );
    expect(answer.status).toBe(503);
    expect(await answer.json()).toMatchObject({ code: "no_quorum" });
    const unlisted = await clear(appOf({ keys: async () => shortage }));
    expect(unlisted.status).toBe(503);
  });

  test("says that it was done in part, and stops at once", async () => {
    let calls = 0;
    const answer = await clear(
      appOf({
        keys: async () => page("more"),
        delete: async () => (++calls <= 3 ? deleted : shortage),
      }),
    );
    expect(answer.status).toBe(504);
    expect(await answer.json()).toMatchObject({
      code: "clear_incomplete",
      details: { deletedCount: 3, code: "no_quorum" },
    });
    expect(calls).toBeLessThan(keys.length);
  });

  test("says so when a later page cannot be listed", async () => {
    const answer = await clear(
      appOf({
        keys: async ({ cursor }) =>
          cursor === undefined ? page("more") : shortage,
        delete: async () => deleted,
      }),
    );
    expect(await answer.json()).toMatchObject({
      code: "clear_incomplete",
      details: { deletedCount: keys.length, code: "no_quorum" },
    });
  });

  test("ends when its time is over", async () => {
    let now = 0;
    const answer = await clear(
      appOf(
        {
          keys: async () => page("more"),
          delete: async () => {
            now += clearMsMax / 300;
            return deleted;
          },
        },
        { clock: { now: () => now, timer: () => () => {} } },
      ),
    );
    expect(answer.status).toBe(504);
    const { code, details } = (await answer.json()) as {
      code: string;
      details: { deletedCount: number };
    };
    expect(code).toBe("clear_incomplete");
    expect(details.deletedCount).toBeGreaterThan(keys.length);
    expect(details.deletedCount).toBeLessThan(400);
  });
});

describe("a listing", () => {
  test("that breaks in the middle is broken off, never taken for the whole", async () => {
    const app = appOf({
      keys: async ({ cursor }) =>
        cursor === undefined
          ? { ok: true, value: { keys: ["a:b"], cursor: "more" } }
          : {
              ok: false,
              error: { code: "no_quorum", message: "No majority." },
            },
    });
    const answer = await app.request("/unstorage/:");
    expect(answer.status).toBe(200);
    await expect(answer.text()).rejects.toThrow("no_quorum");
  });

  test("that cannot begin has its error's status", async () => {
    const app = appOf({
      keys: async () => ({
        ok: false,
        error: { code: "no_quorum", message: "No majority." },
      }),
    });
    expect((await app.request("/unstorage/a/:")).status).toBe(503);
  });

  test("reads no value", async () => {
    // The stub has no way to read one.
    const app = appOf({
      keys: async ({ prefix, scope }) => {
        expect({ prefix, scope }).toEqual({ prefix: "a:", scope: "ring" });
        return { ok: true, value: { keys: ["a:b", "a:c:d"] } };
      },
    });
    expect(await (await app.request("/unstorage/a/:")).json()).toEqual([
      "a/b",
      "a/c/d",
    ]);
  });
});
