/** Repair over a real ring: damaged records come back from the other replicas, and nothing that fails holds up the rest. */
import { describe, expect, test } from "vitest";
import { floorBucket } from "../../src/node/state.ts";
import { damagedRing, placeOf } from "./damaged-ring.ts";

const encode = (text: string) => new TextEncoder().encode(text);
const keys = Array.from({ length: 30 }, (_, i) => `k${i}`);

async function until(isReady: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await isReady()))
    await new Promise((resolve) => setTimeout(resolve, 5));
}

describe("a record that failed its checksum", () => {
  test("comes back once somebody asks for it", async () => {
    const { nodes, store } = await damagedRing(keys);
    const [, , c] = nodes;
    const { bucket } = placeOf(c, "k1");
    expect(await store.read(bucket, "k1")).toMatchObject({ kind: "record" });
    store.damage(bucket, "k1");
    expect(await c.get("k1")).toMatchObject({
      ok: true,
      value: { value: encode("k1") },
    });
    await until(async () => (await store.read(bucket, "k1")).kind === "record");
    await until(() => c.status().unreadableRecords === 0);
  });

  test("comes back unasked, although its name does not tell its key", async () => {
    const { cluster, nodes, store } = await damagedRing(keys);
    const [a, b, c] = nodes;
    const { bucket, partition } = placeOf(c, "k1");
    store.damage(bucket, "k1", { isNameless: true });
    // Both others miss a write of the partition's, so that their digests are asked for.
    expect(c.status().unreadableRecords).toBe(0);
    cluster.connects = (_, to) => to !== "b";
    const neighbour = keys.find(
      (key) => key !== "k1" && placeOf(c, key).partition === partition,
    );
    await a.put(neighbour ?? "k1", encode("new"));
    cluster.connects = () => true;
    await until(async () => (await store.read(bucket, "k1")).kind === "record");
    await until(() =>
      [a, b, c].every((n) => n.status().unreadableRecords === 0),
    );
  });
});

describe("an unreadable floor", () => {
  test("is told in the status, and no key is blamed for it", async () => {
    const { cluster, nodes, store } = await damagedRing(keys, 1);
    const [, , c] = nodes;
    store.damage(floorBucket(1), "0");
    cluster.kill("c");
    const again = await cluster.start("c", { store });
    await again.put("k1", encode("again"));
    await until(() => again.status().unreadableFloors !== undefined);
    expect(again.status()).toMatchObject({
      unreadableFloors: [0],
      unreadableRecords: 0,
    });
    expect(c.status().unreadableFloors).toBeUndefined();
  });
});
