/** The Node.js server: the conformance suite over sockets, what its parser refuses, starting, restarting and closing. */
import { mkdtempSync, rmSync } from "node:fs";
import type { AddressInfo } from "node:net";
import { connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, test } from "vitest";
import { valueBytesDefault } from "../../src/core/limits.ts";
import type { Store } from "../../src/ports.ts";
import { startServer } from "../../src/runtime/nodejs.ts";
import type { RunningServer, ServerOptions } from "../../src/runtime/server.ts";
import { openStore } from "../../src/store/open.ts";
import { nodeSuite } from "../suite/node.ts";
import { rawRequestSuite } from "../suite/node-raw.ts";

const secret = "correct-horse-battery-staple";
const openMemory = () => openStore({ kind: "memory" });

nodeSuite(
  "a Node.js server with a secret",
  { missingStatus: 404, valueBytesMax: valueBytesDefault, secret },
  async () => {
    const { url, close } = await startServer({
      name: "server",
      port: 0,
      openStore: openMemory,
      founding: { partitionCount: 32 },
      secret,
    });
    return { url, fetch: (target, init) => fetch(target, init), close };
  },
);

rawRequestSuite("a Node.js server", {}, () =>
  startServer({ name: "server", port: 0, openStore: openMemory }),
);

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

async function start(
  options: Partial<ServerOptions> = {},
): Promise<RunningServer> {
  const server = await startServer({
    name: "node",
    port: 0,
    openStore: openMemory,
    ...options,
  });
  cleanups.push(() => server.close());
  return server;
}

describe("start", () => {
  test("a port in use is a clear error, and the store is not opened", async () => {
    const other = createServer().listen(0, "127.0.0.1");
    await new Promise((resolve) => other.once("listening", resolve));
    cleanups.push(() => other.close());
    const { port } = other.address() as AddressInfo;
    let isOpened = false;
    const starting = start({
      port,
      openStore: () => {
        isOpened = true;
        return openMemory();
      },
    });
    await expect(starting).rejects.toMatchObject({
      code: "port_in_use",
      message: expect.stringContaining(String(port)),
    });
    expect(isOpened).toBe(false);
  });

  test("a store that does not open leaves no port behind", async () => {
    const first = await start();
    const { port } = first;
    await first.close();
    const failing = start({
      port,
      openStore: () => Promise.reject(new Error("locked")),
    });
    await expect(failing).rejects.toThrow("locked");
    expect((await start({ port })).port).toBe(port);
  });

  test.each([
    [
      "beyond loopback without a secret",
      { host: "0.0.0.0", url: "http://a:1" },
      "insecure_listen",
    ],
    [
      "on an address of a name that may be anyone's",
      { host: "example.com" },
      "insecure_listen",
    ],
    [
      "on all addresses without a url",
      { host: "0.0.0.0", secret },
      "invalid_url",
    ],
    [
      "under a url with a password",
      { url: "http://user:pass@a" },
      "invalid_url",
    ],
    ["under a url that is none", { url: "a:8000" }, "invalid_url"],
    [
      "with a secret that no header can carry",
      { secret: "two words" },
      "invalid_secret",
    ],
    ["with an empty secret", { secret: "" }, "invalid_secret"],
    [
      "with a second secret and no first one",
      { secretAlso: "s" },
      "invalid_secret",
    ],
    [
      "with an admin token that can be guessed",
      { adminToken: "fifteen-letters" },
      "invalid_secret",
    ],
    [
      "with an origin that no browser sends",
      { corsOrigins: ["https://a.example/"] },
      "invalid_origin",
    ],
  ] as const)("%s it refuses", async (_, options, code) => {
    await expect(start(options)).rejects.toMatchObject({ code });
  });

  test("with --insecure, or a secret, it listens where it is told", async () => {
    const options = { host: "0.0.0.0", url: "http://127.0.0.1:1/" };
    expect((await start({ ...options, insecure: true })).url).toBe(
      "http://127.0.0.1:1",
    );
    await start({ ...options, secret });
    await start({ ...options, adminToken: "sixteen-letters!" });
  });

  test("the process's own Request and Response stay as they are", async () => {
    const before = [globalThis.Request, globalThis.Response];
    const { url } = await start();
    await fetch(url);
    expect([globalThis.Request, globalThis.Response]).toEqual(before);
  });
});

describe("a ring of servers", () => {
  const join = (server: RunningServer, body: string, headers = {}) =>
    fetch(`${server.url}/dht/join`, { method: "POST", body, headers });

  test("nodes with one secret form a ring, in each way to name a node", async () => {
    const options = { secret, founding: { partitionCount: 32 } };
    const a = await start({ ...options, name: "a" });
    const b = await start({ ...options, name: "b" });
    const c = await start({ ...options, name: "c" });
    const headers = { authorization: `Bearer ${secret}` };
    await fetch(`${a.url}/db/k`, { method: "PUT", body: "v", headers });
    const first = await join(b, `a:127.0.0.1:${a.port}\r\n`, headers);
    expect([first.status, await first.json()]).toMatchObject([
      200,
      { members: ["b", "a"] },
    ]);
    const urls = ["http://127.0.0.1:1", `${b.url}/`];
    const second = await join(c, JSON.stringify({ urls }), headers);
    expect(second.status).toBe(200);
    for (const node of [a, b, c])
      expect(await (await fetch(`${node.url}/db/k`, { headers })).text()).toBe(
        "v",
      );
    const peers = await fetch(`${c.url}/dht/peers`, { headers });
    expect((await peers.text()).split("\r\n").slice(0, -1).sort()).toEqual([
      "a",
      "b",
      "c",
    ]);
    const again = await join(c, a.url, headers);
    expect(again.status).toBe(200);
    const left = await fetch(`${b.url}/dht/leave`, { headers });
    expect([left.status, await left.json()]).toMatchObject([
      200,
      { members: ["b"] },
    ]);
    const rest = await fetch(`${c.url}/dht/peers`, { headers });
    expect(await rest.text()).not.toContain("b");
  }, 30_000);

  test("a node without the ring's secret does not get in, and no answer holds a secret", async () => {
    const a = await start({ name: "a", secret });
    for (const other of [undefined, "another-secret"]) {
      const b = await start({ name: "b", ...(other && { secret: other }) });
      const headers = other ? { authorization: `Bearer ${other}` } : {};
      const reply = await join(b, JSON.stringify({ urls: [a.url] }), headers);
      const text = await reply.text();
      expect(reply.status).toBe(502);
      expect(text).toContain("unauthorized");
      expect(text).not.toContain(secret);
      expect(b.node.peers()).toEqual(["b"]);
    }
    expect(a.node.peers()).toEqual(["a"]);
  });

  test("what cannot be joined is named, and the node stays what it was", async () => {
    const a = await start({ name: "a" });
    const closed = await start({ name: "closed" });
    await closed.close();
    const web = createServer((socket) =>
      socket.end(
        "HTTP/1.1 404 Not Found\r\nContent-Length: 16\r\nConnection: close\r\n\r\nerror code: 1042",
      ),
    ).listen(0, "127.0.0.1");
    await new Promise((resolve) => web.once("listening", resolve));
    cleanups.push(() => web.close());
    const webUrl = `http://127.0.0.1:${(web.address() as AddressInfo).port}`;
    const cases = [
      [closed.url, 502, "join_unreachable"],
      [webUrl, 502, "join_not_a_node"],
      [a.url, 400, "join_itself"],
    ] as const;
    for (const [url, status, code] of cases) {
      const reply = await join(a, url);
      expect([reply.status, await reply.json()]).toMatchObject([
        status,
        { code },
      ]);
    }
    expect(await (await fetch(`${a.url}/dht/peers`)).text()).toBe("a\r\n");
  });

  test("the same name twice is refused, and so are other settings", async () => {
    const a = await start({ name: "a" });
    const twin = await start({ name: "a" });
    const reply = await join(twin, a.url);
    expect([reply.status, await reply.json()]).toMatchObject([
      409,
      { code: "name_taken" },
    ]);
    const b = await start({ name: "b" });
    const expected = { partitionCount: 64 };
    const differing = await join(
      b,
      JSON.stringify({ urls: [a.url], expected }),
    );
    expect([differing.status, await differing.json()]).toMatchObject([
      409,
      { code: "join_settings_differ" },
    ]);
    expect(await (await fetch(`${a.url}/dht/peers`)).text()).toBe("a\r\n");
  });
});

describe("close", () => {
  test("what was acknowledged is there when the node starts again", async () => {
    const folder = mkdtempSync(join(tmpdir(), "ringwalk-server-"));
    cleanups.push(() => rmSync(folder, { recursive: true, force: true }));
    const options = { openStore: () => openStore({ kind: "sqlite", folder }) };
    const first = await start(options);
    await fetch(`${first.url}/db/k`, { method: "PUT", body: "kept" });
    const { ringId } = first.node.status();
    await first.close();
    const second = await start({ ...options, port: first.port });
    expect(await (await fetch(`${second.url}/db/k`)).text()).toBe("kept");
    expect(second.node.status().ringId).toBe(ringId);
  });

  test("answers under way are given before the store is closed, and then nothing listens", async () => {
    const { store, gate, calls } = await gatedStore();
    const server = await start({ openStore: async () => store });
    gate.close();
    const writing = fetch(`${server.url}/db/k`, { method: "PUT", body: "v" });
    await calls.updating;
    const closing = server.close();
    expect(server.close()).toBe(closing);
    gate.open();
    const { status } = await writing;
    await closing;
    // The write was under way, so it is answered; whether drain let it commit or refused it, it did not hang.
    expect(status).toBe(200);
    expect(calls.order).toEqual(["update", "close"]);
    await expect(fetch(server.url)).rejects.toThrow();
  });

  test("an answer given meanwhile says that its connection ends, so that nobody sends another request into it", async () => {
    const { store, gate, calls } = await gatedStore();
    const server = await start({ openStore: async () => store });
    const socket = connect(server.port, "127.0.0.1");
    cleanups.push(() => socket.destroy());
    const nextText = () =>
      new Promise<string>((resolve) =>
        socket.once("data", (data) => resolve(data.toString())),
      );
    socket.write("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n");
    expect(await nextText()).toMatch(/^connection: keep-alive\r$/im);
    gate.close();
    const writing = fetch(`${server.url}/db/k`, { method: "PUT", body: "v" });
    await calls.updating;
    const closing = server.close();
    const ended = new Promise((resolve) => socket.once("close", resolve));
    socket.write("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n");
    expect(await nextText()).toMatch(/^connection: close\r$/im);
    await ended;
    gate.open();
    await writing;
    await closing;
  });

  test("a connection that is kept alive does not hold it up", async () => {
    const server = await start();
    const socket = connect(server.port, "127.0.0.1");
    cleanups.push(() => socket.destroy());
    const ended = new Promise((resolve) => socket.once("close", resolve));
    socket.write("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n");
    await new Promise((resolve) => socket.once("data", resolve));
    await server.close();
    await ended;
  });
});

/** A memory store whose updates of user keys wait while the gate is closed, and that tells the order of what happened. */
async function gatedStore() {
  const inner = await openMemory();
  const { promise: updating, resolve: update } = Promise.withResolvers<void>();
  const order: string[] = [];
  let opening = Promise.withResolvers<void>();
  opening.resolve();
  let isClosed = false;
  const gate = {
    close() {
      isClosed = true;
      opening = Promise.withResolvers();
    },
    open: () => opening.resolve(),
  };
  const store: Store = {
    ...inner,
    async update(bucket, key, step) {
      if (isClosed) update();
      await opening.promise;
      const result = await inner.update(bucket, key, step);
      if (isClosed && order.length === 0) order.push("update");
      return result;
    },
    async close() {
      order.push("close");
      await inner.close();
    },
  };
  return { store, gate, calls: { updating, order } };
}
