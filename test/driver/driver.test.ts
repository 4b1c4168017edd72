/** The driver of unstorage over a ring, and what only it can do. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createStorage } from "unstorage";
import {
  afterAll,
  afterEach,
  beforeAll,
  describe,
  expect,
  test,
  vi,
} from "vitest";
import { createClient } from "../../src/client/client.ts";
import ringwalkDriver, {
  type RingwalkDriverOptions,
} from "../../src/driver/driver.ts";
import { serversIn } from "../e2e/servers.ts";
import { unstorageSuite } from "../suite/unstorage-driver.ts";

/** A ring of one in this process. */
async function startNode() {
  const folder = await mkdtemp(join(tmpdir(), "ringwalk-driver-"));
  const servers = serversIn(folder, { store: "memory", partitions: 32 });
  const { url } = await servers.start("node");
  return {
    url,
    async close() {
      await servers.end();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

for (const base of [undefined, "app:cache"])
  unstorageSuite(`the ring's driver, base ${base}`, async () => {
    const { url, close } = await startNode();
    // What others keep in the same ring is no item of the storage.
    const client = createClient({ nodes: [url] });
    const others = base === undefined ? ["a/b", "a::b", ".."] : ["app", "k"];
    for (const key of others) await client.set(key, "another's");
    return {
      driver: ringwalkDriver({
        nodes: [url],
        ...(base !== undefined && { base }),
      }),
      async close() {
        for (const key of others)
          expect(await client.get(key)).toBe("another's");
        await close();
      },
    };
  });

describe("the driver", () => {
  let node: Awaited<ReturnType<typeof startNode>> | undefined;
  beforeAll(async () => {
    node = await startNode();
  });
  afterEach(async () => {
    vi.restoreAllMocks();
    await driverOf().clear?.("", {});
  });
  afterAll(() => node?.close());

  function url(): string {
    if (!node) throw new Error("the node has not been started");
    return node.url;
  }
  const driverOf = (options: Partial<RingwalkDriverOptions> = {}) =>
    ringwalkDriver({ nodes: [url()], ...options });
  const storageOf = (options: Partial<RingwalkDriverOptions> = {}) =>
    createStorage({ driver: driverOf(options) });

  /** Requests from now on, as the platform's `fetch` gets them. */
  function watchRequests() {
    const spy = vi.spyOn(globalThis, "fetch");
    return () =>
      spy.mock.calls.map(([target, init]) => ({
        method: init?.method ?? "GET",
        path: String(target).slice(url().length),
        headers: new Headers(init?.headers),
        body: typeof init?.body === "string" ? init.body : undefined,
      }));
  }

  test("keeps values so that the ring's other readers understand them", async () => {
    const storage = storageOf({ base: "app" });
    await storage.setItem("object", { a: [1] });
    await storage.setItem("text", "plain");
    await storage.setItemRaw("bytes", new Uint8Array([1, 2]));
    await storage.setItemRaw("raw-text", '{"not":"parsed"}');
    const client = createClient({ nodes: [url()] });
    expect(await client.get("app:object")).toEqual({ a: [1] });
    expect(await client.get("app:text")).toBe("plain");
    expect(await client.get("app:bytes")).toEqual(new Uint8Array([1, 2]));
    expect(await client.get("app:raw-text")).toBe('{"not":"parsed"}');
  });

  test("reads what others wrote into the ring", async () => {
    const client = createClient({ nodes: [url()] });
    await client.set("app:user", { name: "Ada" });
    expect(await storageOf({ base: "app:" }).getItem("user")).toEqual({
      name: "Ada",
    });
  });

  test("meta data is exact: the time to the millisecond, the size, the revision", async () => {
    const storage = storageOf();
    const before = Date.now();
    await storage.setItem("k", "tëxt");
    const { mtime, size, revision, ttl } = await storage.getMeta("k");
    expect(mtime?.getTime()).toBeGreaterThanOrEqual(before);
    expect(mtime?.getTime()).toBeLessThanOrEqual(Date.now());
    expect([size, ttl]).toEqual([5, undefined]);
    const client = createClient({ nodes: [url()] });
    expect((await client.getBytes("k"))?.revision).toBe(revision);
    expect(await driverOf().getMeta?.("missing", {})).toBeNull();
    const metadata = { owner: "ünï" };
    await client.putBytes("k", new Uint8Array(), { metadata });
    expect(await storage.getMeta("k")).toMatchObject({ size: 0, metadata });
  });

  test("has a time to live of its own, which an item's replaces", async () => {
    const storage = storageOf({ ttl: 1000 });
    await storage.setItem("own", "v");
    await storage.setItemRaw("own-raw", "v");
    await storage.setItem("given", "v", { ttl: 5000.5 });
    await storage.setItem("none", "v", { ttl: 0 });
    const ttlOf = async (key: string) => (await storage.getMeta(key)).ttl ?? 0;
    for (const key of ["own", "own-raw"]) {
      expect(await ttlOf(key)).toBeGreaterThan(900);
      expect(await ttlOf(key)).toBeLessThanOrEqual(1000);
    }
    expect(await ttlOf("given")).toBeGreaterThan(4900);
    expect(await ttlOf("given")).toBeLessThanOrEqual(5001);
    expect(await ttlOf("none")).toBe(0);
  });

  test("sends its token with every request", async () => {
    const requests = watchRequests();
    const storage = storageOf({ token: "t0ken" });
    await storage.setItem("k", "v");
    await storage.getItem("k");
    await storage.getMeta("k");
    await storage.getKeys();
    await storage.clear();
    const sent = requests();
    expect(sent.map(({ method }) => method)).toEqual(
      expect.arrayContaining(["PUT", "GET", "HEAD", "DELETE"]),
    );
    for (const { headers } of sent)
      expect(headers.get("authorization")).toBe("Bearer t0ken");
  });

  test("reads eventually when it is told to, and writes as ever", async () => {
    const requests = watchRequests();
    const storage = storageOf({ consistency: "eventual" });
    await storage.setItem("k", "v");
    expect(await storage.getItem("k")).toBe("v");
    await storage.getItemRaw("k");
    await storage.hasItem("k");
    await storage.getMeta("k", { nativeOnly: true });
    expect(requests().map(({ path }) => path)).toEqual([
      // The client's first write asks for a bound.
      "/",
      "/db/k",
      ...Array.from({ length: 4 }, () => "/db/k?consistency=eventual"),
    ]);
  });

  test("reads no value to list or to clear", async () => {
    const storage = storageOf();
    await storage.setItem("a:b", "v");
    await storage.setItem("c", "v");
    const requests = watchRequests();
    await storage.getKeys();
    await storage.clear();
    const paths = requests().map(({ method, path }) => `${method} ${path}`);
    expect(paths.filter((path) => path.startsWith("GET /db/"))).toEqual([]);
    const keyed = {
      idempotencyKey: expect.any(String),
      bound: expect.any(String),
    };
    const [lines = ""] = requests().flatMap(({ body }) => body ?? []);
    expect(
      lines
        .split("\n")
        .map((line) => JSON.parse(line))
        .sort((one, other) => (one.key < other.key ? -1 : 1)),
    ).toEqual([
      { op: "delete", key: "a:b", ...keyed },
      { op: "delete", key: "c", ...keyed },
    ]);
  });

  test("takes a blob, a stream, a view of other numbers", async () => {
    const storage = storageOf();
    const given = {
      blob: new Blob(["in a blob"]),
      stream: new Blob(["in a stream"]).stream(),
      view: new Uint16Array([0x6968]),
    };
    for (const [key, value] of Object.entries(given))
      await storage.setItemRaw(key, value);
    expect(await storage.getItem("blob")).toBe("in a blob");
    expect(await storage.getItem("stream")).toBe("in a stream");
    expect(await storage.getItem("view")).toBe("hi");
  });

  test.each([5, { a: 1 }, [1], true])(
    "says that %j is no raw value, and stores nothing",
    async (value) => {
      await expect(storageOf().setItemRaw("k", value)).rejects.toThrow(
        TypeError,
      );
      expect(await storageOf().hasItem("k")).toBe(false);
    },
  );

  test("says that half of a surrogate pair is no text, and stores nothing", async () => {
    await expect(storageOf().setItem("k", "\ud800")).rejects.toThrow(TypeError);
    expect(await storageOf().hasItem("k")).toBe(false);
  });

  test("asks another node when one is down, and says when none is left", async () => {
    // Nobody listens on the port of tcpmux.
    const down = "http://127.0.0.1:1";
    const storage = storageOf({ nodes: [down, url()] });
    await storage.setItem("k", "v");
    for (let times = 0; times < 4; times++)
      expect(await storage.getItem("k")).toBe("v");
    await expect(
      storageOf({ nodes: [down] }).getItem("k"),
    ).rejects.toMatchObject({ code: "unreachable" });
  });

  test("a clear that fails begins nothing more, and says why", async () => {
    const storage = storageOf();
    const keys = Array.from({ length: 100 }, (_, at) => `k:${at}`);
    await Promise.all(keys.map((key) => storage.setItem(key, "v")));
    const { fetch } = globalThis;
    /** Deletions of each request: they travel together. */
    const counts: number[] = [];
    vi.spyOn(globalThis, "fetch").mockImplementation((target, init) => {
      if (init?.method === "GET") return fetch(target, init);
      counts.push(String(init?.body).split("\n").length);
      if (counts.length === 1) return fetch(target, init);
      const body = JSON.stringify({ code: "unauthorized", detail: "No." });
      const headers = { ringwalk: "1" };
      return Promise.resolve(new Response(body, { status: 401, headers }));
    });
    await expect(storage.clear()).rejects.toMatchObject({
      code: "unauthorized",
    });
    vi.restoreAllMocks();
    const [done = 0, ...refused] = counts;
    expect(done).toBeLessThanOrEqual(32);
    // Some follow the answers of the first, and nothing what was refused.
    expect(refused.reduce((sum, count) => sum + count, 0)).toBeLessThan(60);
    expect(await storage.getKeys()).toHaveLength(100 - done);
  });

  test("gives its client to those who want more", async () => {
    const client = driverOf().getInstance?.();
    expect(await client?.peers()).toEqual(["node"]);
  });
});
