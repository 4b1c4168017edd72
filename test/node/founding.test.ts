/** What a node may found with its store, and which rings take a member whose store may answer what is over. */
import { afterEach, describe, expect, test } from "vitest";
import { jointLayout } from "../../src/core/layout-change.ts";
import type { Store } from "../../src/ports.ts";
import { memoryDriver } from "../../src/store/memory-driver.ts";
import { openStore } from "../../src/store/open.ts";
import { splitStore } from "../../src/store/split-store.ts";
import { createStore } from "../../src/store/store.ts";
import { type Cluster, createCluster } from "./cluster.ts";

let cluster: Cluster;
afterEach(() => cluster?.close());

const eventualStore = () =>
  createStore({ driver: memoryDriver(), guarantee: "eventual" });

async function halfStrong(): Promise<Store> {
  const system = await openStore({ kind: "memory" });
  return splitStore({ system, data: eventualStore() });
}

const eventual = { founding: { consistency: "eventual" } } as const;

describe("founding", () => {
  test("an eventual store founds no linearizable ring", async () => {
    cluster = createCluster();
    const store = await halfStrong();
    await expect(cluster.start("a", { store })).rejects.toMatchObject({
      code: "invalid_options",
      message: expect.stringContaining("--consistency eventual"),
    });
    expect(await store.read("node", "state")).toEqual({ kind: "absent" });
  });

  test("a node's own records need a strong store in an eventual ring too", async () => {
    cluster = createCluster();
    const store = eventualStore();
    await expect(
      cluster.start("a", { store, ...eventual }),
    ).rejects.toMatchObject({
      code: "invalid_options",
      message: expect.stringContaining("splitStore"),
    });
  });

  test("with both it is a ring, also after a restart that says nothing of it", async () => {
    cluster = createCluster();
    const store = await halfStrong();
    const first = await cluster.start("a", { store, ...eventual });
    const value = new Uint8Array([1]);
    expect(await first.put("k", value)).toMatchObject({ ok: true });
    cluster.kill("a");
    const again = await cluster.start("a", { store });
    expect(again.settings().consistency).toBe("eventual");
    expect(await again.get("k")).toMatchObject({ ok: true, value: { value } });
  });
});

describe("joining with an eventual store", () => {
  test("an eventual ring takes members of any guarantee, and any of them decides layouts", async () => {
    cluster = createCluster({ founding: { partitionCount: 4 } });
    const weak = await cluster.start("weak", {
      store: await halfStrong(),
      ...eventual,
    });
    const strong = await cluster.start("strong");
    expect(await strong.join({ urls: [weak.url] })).toMatchObject({ ok: true });
    expect(strong.status()).toMatchObject({
      systemMembers: ["weak", "strong"],
      members: [{ guarantee: "volatile" }, { guarantee: "eventual" }],
    });
    const other = await cluster.start("other", {
      store: await halfStrong(),
      ...eventual,
    });
    expect(await other.join({ urls: [strong.url] })).toMatchObject({
      ok: true,
    });
    expect(await weak.leave()).toMatchObject({ ok: true });
    expect(other.peers()).toEqual(["other", "strong"]);
  });

  test("a linearizable ring refuses such a member, whoever asks", async () => {
    cluster = createCluster();
    const strong = await cluster.start("strong");
    const weak = await cluster.start("weak", {
      store: await halfStrong(),
      ...eventual,
    });
    expect(await weak.join({ urls: [strong.url] })).toMatchObject({
      ok: false,
      error: { code: "join_store_unfit" },
    });
    const { layout } = strong.greeting();
    const member = weak.greeting().self;
    for (const change of [
      { kind: "join", member },
      { kind: "replace", id: strong.greeting().self.id, member },
    ] as const)
      expect(jointLayout(layout, change)).toMatchObject({
        ok: false,
        error: { code: "join_store_unfit" },
      });
  });

  test("a flag that says otherwise is refused in both directions", async () => {
    cluster = createCluster();
    const strong = await cluster.start("strong");
    const weak = await cluster.start("weak", eventual);
    const refused = { ok: false, error: { code: "join_settings_differ" } };
    expect(
      await weak.join({
        urls: [strong.url],
        expected: { consistency: "eventual" },
      }),
    ).toMatchObject(refused);
    expect(
      await strong.join({
        urls: [weak.url],
        expected: { consistency: "linearizable" },
      }),
    ).toMatchObject(refused);
  });
});
