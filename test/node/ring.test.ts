/** A ring of real nodes over a loopback network: keys, membership, and what is left when members go. */
import { afterEach, describe, expect, test } from "vitest";
import { type Cluster, type ClusterNode, createCluster } from "./cluster.ts";

const encode = (text: string) => new TextEncoder().encode(text);
const decode = (bytes: Uint8Array | undefined) =>
  bytes && new TextDecoder().decode(bytes);

let cluster: Cluster;
afterEach(() => cluster?.close());

async function get(node: ClusterNode, key: string) {
  const read = await node.get(key);
  if (!read.ok) throw new Error(`${read.error.code}: ${read.error.message}`);
  return decode(read.value?.value);
}

async function put(node: ClusterNode, key: string, value: string) {
  const written = await node.put(key, encode(value));
  if (!written.ok) throw new Error(written.error.code);
  return written.value;
}

async function join(node: ClusterNode, to: ClusterNode) {
  const joined = await node.join({ urls: [to.url] });
  if (!joined.ok)
    throw new Error(`${joined.error.code} ${joined.error.message}`);
  return joined.value;
}

async function listOf(node: ClusterNode): Promise<string[]> {
  const keys: string[] = [];
  let cursor: string | undefined;
  do {
    const page = await node.keys({
      scope: "node",
      limit: 1000,
      ...(cursor !== undefined && { cursor }),
    });
    if (!page.ok) throw new Error(page.error.message);
    keys.push(...page.value.keys);
    cursor = page.value.cursor;
  } while (cursor !== undefined);
  return keys;
}

describe("a ring of one", () => {
  test("keeps, overwrites and deletes", async () => {
    cluster = createCluster();
    const a = await cluster.start("a");
    expect(await get(a, "k")).toBeUndefined();
    expect((await put(a, "k", "1")).created).toBe(true);
    expect((await put(a, "k", "2")).created).toBe(false);
    expect(await get(a, "k")).toBe("2");
    expect(await a.delete("k")).toEqual({ ok: true, value: { existed: true } });
    expect(await get(a, "k")).toBeUndefined();
    expect(await a.delete("k")).toEqual({
      ok: true,
      value: { existed: false },
    });
    expect(a.peers()).toEqual(["a"]);
  });
});

describe("members come and go", () => {
  test("three nodes that held keys become one ring, and each lists its share", async () => {
    cluster = createCluster();
    const nodes = [];
    for (const name of ["a", "b", "c"]) {
      const node = await cluster.start(name);
      for (let i = 0; i < 20; i++)
        await put(node, `${name}${i}`, `v${name}${i}`);
      nodes.push(node);
    }
    const [a, b, c] = nodes as [ClusterNode, ClusterNode, ClusterNode];
    await join(b, a);
    for (const node of [a, b])
      for (const name of ["a", "b"])
        for (let i = 0; i < 20; i++)
          expect(await get(node, `${name}${i}`)).toBe(`v${name}${i}`);
    await join(c, b);
    for (const node of nodes)
      for (const name of ["a", "b", "c"])
        for (let i = 0; i < 20; i++)
          expect(await get(node, `${name}${i}`)).toBe(`v${name}${i}`);
    const lists = await Promise.all(nodes.map(listOf));
    expect(lists.flat().sort()).toHaveLength(60);
    expect(new Set(lists.flat()).size).toBe(60);
    expect(c.peers()).toEqual(["c", "a", "b"]);
    expect(a.status().isEven).toBe(true);
  });

  test("a node leaves with what it was primary for, and comes back", async () => {
    cluster = createCluster();
    const a = await cluster.start("a");
    const b = await cluster.start("b");
    const c = await cluster.start("c");
    const d = await cluster.start("d");
    for (const node of [b, c, d]) await join(node, a);
    for (let i = 0; i < 60; i++) await put(b, `k${i}`, `v${i}`);
    const mine = (await listOf(c)).sort();
    const left = await c.leave();
    expect(left).toMatchObject({ ok: true, value: { isComplete: true } });
    expect(a.peers()).toEqual(["a", "b", "d"]);
    expect(c.peers()).toEqual(["c"]);
    expect((await listOf(c)).sort()).toEqual(mine);
    for (let i = 0; i < 60; i++) {
      expect(await get(a, `k${i}`)).toBe(`v${i}`);
      const here = await get(c, `k${i}`);
      expect(here).toBe(mine.includes(`k${i}`) ? `v${i}` : undefined);
    }
    // Deleted in the ring while c is away: c brings it back neither as its own nor as old.
    await a.delete(mine[0] ?? "");
    await put(c, "new", "at c");
    await join(c, d);
    expect(await get(b, mine[0] ?? "")).toBeUndefined();
    expect(await get(b, "new")).toBe("at c");
    expect(await get(c, mine[1] ?? "")).toMatch(/^v/);
  });

  test("what a node touched, counted and described alone it brings along when it comes back", async () => {
    cluster = createCluster();
    const a = await cluster.start("a");
    const b = await cluster.start("b");
    await join(b, a);
    for (let i = 0; i < 20; i++) await put(a, `k${i}`, `${i}`);
    await b.leave();
    const [touched = "", counted = "", kept = ""] = await listOf(b);
    const before = await b.get(touched);
    expect(await b.touch(touched, { ttlMs: 600_000 })).toMatchObject({
      ok: true,
      value: { revision: before.ok && before.value?.revision },
    });
    expect(await b.increment(counted, { by: 100 })).toMatchObject({ ok: true });
    await b.put("new", encode("x"), { metadata: '{"m":1}' });
    await join(b, a);
    expect(await a.get(touched)).toMatchObject({
      ok: true,
      value: { expiresAt: expect.any(Number) },
    });
    expect(await get(a, counted)).toBe(`${Number(counted.slice(1)) + 100}`);
    const untouched = await a.get(kept);
    expect(untouched.ok && untouched.value).not.toHaveProperty("expiresAt");
    expect(await a.get("new")).toMatchObject({
      value: { metadata: '{"m":1}' },
    });
  });

  test("one of three dies: the others serve everything, and remove it", async () => {
    cluster = createCluster();
    const a = await cluster.start("a");
    const b = await cluster.start("b");
    const c = await cluster.start("c");
    for (const node of [b, c]) await join(node, a);
    for (let i = 0; i < 30; i++) await put(a, `k${i}`, `v${i}`);
    cluster.kill("a");
    for (let i = 0; i < 30; i++) {
      expect(await get(b, `k${i}`)).toBe(`v${i}`);
      await put(c, `k${i}`, `w${i}`);
    }
    expect(await b.remove({ name: "a" })).toMatchObject({ ok: true });
    expect(c.peers()).toEqual(["c", "b"]);
    for (let i = 0; i < 30; i++) expect(await get(b, `k${i}`)).toBe(`w${i}`);
  });

  test("both of two nodes are needed, and a force gives up the dead one", async () => {
    cluster = createCluster({ timing: { operationTimeoutMs: 500 } });
    const a = await cluster.start("a");
    const b = await cluster.start("b");
    await join(b, a);
    for (let i = 0; i < 10; i++) await put(a, `k${i}`, `v${i}`);
    cluster.kill("a");
    expect(await b.get("k1")).toMatchObject({
      ok: false,
      error: { code: "no_quorum" },
    });
    expect(await b.remove({ name: "a" })).toMatchObject({ ok: false });
    expect(await b.remove({ name: "a", force: true })).toMatchObject({
      ok: true,
    });
    for (let i = 0; i < 10; i++) expect(await get(b, `k${i}`)).toBe(`v${i}`);
    expect(b.peers()).toEqual(["b"]);
  });
});
