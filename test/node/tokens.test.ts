/** Tokens in rings of real nodes: every node knows them, they go where registers go, and no client sees them as keys. */
import { afterEach, describe, expect, test } from "vitest";
import { tokenKey } from "../../src/core/token.ts";
import type { Tokens } from "../../src/node/tokens.ts";
import { type Cluster, type ClusterNode, createCluster } from "./cluster.ts";

let cluster: Cluster | undefined;
afterEach(() => cluster?.close());

async function ringOf(
  names: readonly string[],
  founding: Parameters<typeof createCluster>[0] = {},
): Promise<readonly ClusterNode[]> {
  const ring = createCluster(founding);
  cluster = ring;
  const nodes: ClusterNode[] = [];
  for (const name of names) {
    const node = await ring.start(name);
    const [first] = nodes;
    if (first) expect((await node.join({ urls: [first.url] })).ok).toBe(true);
    nodes.push(node);
  }
  return nodes;
}

const described = {
  name: "shop",
  rights: ["read", "write"],
  prefix: "shop/",
} as const;

async function create(
  { tokens }: ClusterNode,
  more: Partial<Parameters<Tokens["create"]>[0]> = {},
) {
  const created = await tokens.create({ ...described, ...more });
  if (!created.ok) throw new Error(created.error.message);
  return created.value;
}

async function found({ tokens }: ClusterNode, id: string): Promise<boolean> {
  const token = await tokens.find(id);
  if (!token.ok) throw new Error(token.error.message);
  return token.value !== undefined;
}

async function listed({ tokens }: ClusterNode): Promise<readonly string[]> {
  const all = await tokens.list();
  if (!all.ok) throw new Error(all.error.message);
  return all.value.map(({ id }) => id);
}

describe("a token", () => {
  test("is known to every node, also when the one that made it is gone, and to one that joins", async () => {
    const [a, b, c] = (await ringOf(["a", "b", "c"])) as [
      ClusterNode,
      ClusterNode,
      ClusterNode,
    ];
    const made = await Promise.all(Array.from({ length: 20 }, () => create(a)));
    const ids = made.map(({ id }) => id);
    cluster?.kill("a");
    for (const node of [b, c])
      for (const id of ids) expect(await found(node, id)).toBe(true);
    expect(new Set(await listed(b))).toEqual(new Set(ids));
    expect((await b.remove({ name: "a" })).ok).toBe(true);
    const d = await cluster?.start("d");
    if (!d) throw new Error("no cluster");
    expect((await d.join({ urls: [b.url] })).ok).toBe(true);
    for (const id of ids) expect(await found(d, id)).toBe(true);
    expect(new Set(await listed(d))).toEqual(new Set(ids));
    const [first = ""] = ids;
    expect((await d.tokens.revoke(first)).ok).toBe(true);
    expect((await d.tokens.revoke(first)).ok).toBe(true);
    for (const node of [b, c, d]) {
      expect(await found(node, first)).toBe(false);
      expect(await listed(node)).not.toContain(first);
    }
  }, 30_000);

  test("is told without its secret and its digest, and its text is no one else's", async () => {
    const [a] = (await ringOf(["a"])) as [ClusterNode];
    const { token, ...told } = await create(a);
    const [, , secret = ""] = token.split("_");
    const all = await a.tokens.list();
    expect(all).toEqual({ ok: true, value: [told] });
    expect(told).toMatchObject(described);
    const stored = await a.get(tokenKey(told.id));
    const bytes = stored.ok ? stored.value?.value : undefined;
    expect(Buffer.from(bytes ?? []).includes(secret)).toBe(false);
    expect((await create(a)).token).not.toBe(token);
  });

  test("with an end is gone after it", async () => {
    const [a] = (await ringOf(["a"])) as [ClusterNode];
    const { id, createdAt, expiresAt } = await create(a, { ttlMs: 1 });
    expect(expiresAt).toBe(createdAt + 1);
    await expect.poll(() => found(a, id)).toBe(false);
    expect(await listed(a)).toEqual([]);
  });

  test("is none of the keys, among thousands of them too", async () => {
    const [a, b] = (await ringOf(["a", "b"])) as [ClusterNode, ClusterNode];
    const { id } = await create(a);
    const keys = Array.from({ length: 600 }, (_, index) => `key/${index}`);
    // Stored names of some come before a token's, of others behind it.
    const odd = ["\u0000", "\u0000ringwalk", "\u0001", "x".repeat(400)];
    for (const key of [...keys, ...odd])
      expect((await b.put(key, new Uint8Array(1))).ok).toBe(true);
    const all: string[] = [];
    for (let cursor: string | undefined = ""; cursor !== undefined; ) {
      const page = await a.keys({
        scope: "ring",
        limit: 100,
        ...(cursor && { cursor }),
      });
      if (!page.ok) throw new Error(page.error.message);
      all.push(...page.value.keys);
      cursor = page.value.cursor;
    }
    expect(all.sort()).toEqual([...keys, ...odd].sort());
    expect(await listed(b)).toEqual([id]);
  }, 30_000);
});

describe("a node that", () => {
  test("joins another ring brings no tokens along", async () => {
    const ring = createCluster();
    cluster = ring;
    const a = await ring.start("a");
    const b = await ring.start("b");
    const own = await create(b);
    expect((await b.put("kept", new Uint8Array(1))).ok).toBe(true);
    const theirs = await create(a);
    expect((await b.join({ urls: [a.url] })).ok).toBe(true);
    await expect.poll(() => b.status().activity).toBe("none");
    for (const node of [a, b]) {
      expect(await found(node, own.id)).toBe(false);
      expect(await found(node, theirs.id)).toBe(true);
      const kept = await node.get("kept");
      expect(kept.ok && kept.value).toBeTruthy();
    }
  }, 30_000);

  test("leaves takes none along", async () => {
    const [a, b] = (await ringOf(["a", "b"])) as [ClusterNode, ClusterNode];
    const made = await Promise.all(Array.from({ length: 20 }, () => create(a)));
    expect((await b.leave()).ok).toBe(true);
    expect(await listed(b)).toEqual([]);
    expect((await listed(a)).length).toBe(made.length);
    for (const { id } of made) {
      expect(await found(b, id)).toBe(false);
      expect(await found(a, id)).toBe(true);
    }
  }, 30_000);

  test("reaches no majority says that it cannot tell", async () => {
    const [a] = (await ringOf(["a", "b", "c"], {
      timing: { peerCallTimeoutMs: 100, operationTimeoutMs: 400 },
    })) as [ClusterNode];
    const { id } = await create(a);
    cluster?.kill("b");
    cluster?.kill("c");
    expect(await a.tokens.find(id)).toMatchObject({
      error: { code: "no_quorum" },
    });
    expect(await a.tokens.list()).toMatchObject({
      error: { code: "no_quorum" },
    });
    expect(await a.tokens.create(described)).toMatchObject({ ok: false });
  }, 30_000);
});

test("an eventual ring has tokens too", async () => {
  const [a, b] = (await ringOf(["a", "b"], {
    founding: { consistency: "eventual" },
  })) as [ClusterNode, ClusterNode];
  const { id } = await create(a);
  await expect.poll(() => found(b, id)).toBe(true);
  expect(await listed(b)).toEqual([id]);
  expect((await b.tokens.revoke(id)).ok).toBe(true);
  await expect.poll(() => found(a, id)).toBe(false);
}, 30_000);
