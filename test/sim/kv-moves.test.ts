/** Membership changes of nodes on stores that do not list yet what was written a moment ago: it goes along all the same. */
import { expect, test } from "vitest";
import type { RingNode } from "../../src/node/api.ts";
import { createPrng } from "../../src/sim/prng.ts";
import { createWorld } from "../../src/sim/world.ts";
import { createKvStores } from "./kv-stores.ts";

const keys = Array.from({ length: 40 }, (_, index) => `k${index}`);
const value = new TextEncoder().encode("v");
const seeds = [1, 2, 3];
const settledMs = 20 * 60_000;

/** Two nodes, each a ring of its own, with a namespace each. */
async function twoOnKv(seed: number, replicaCount: number) {
  const random = createPrng(`kv ${seed}`);
  const { storeOn } = createKvStores(random, () => world.scheduler);
  const world = createWorld({
    seed,
    founding: { partitionCount: 8, replicaCount, consistency: "eventual" },
    storeOn,
  });
  const { scheduler } = world;
  const start = (name: string) =>
    scheduler.settle(world.machine(name, { skewMs: 0 }).start());
  return {
    a: await start("a"),
    b: await start("b"),
    settle: scheduler.settle,
    pass: (ms: number) => scheduler.run({ untilMs: scheduler.now() + ms }),
    async putAll(node: RingNode) {
      for (const key of keys)
        expect(await scheduler.settle(node.put(key, value))).toMatchObject({
          ok: true,
        });
    },
    async missingAt(node: RingNode) {
      const missing: string[] = [];
      for (const key of keys) {
        const read = await scheduler.settle(node.get(key));
        if (!read.ok || !read.value) missing.push(key);
      }
      return missing;
    },
  };
}

test.each(seeds)(
  "what was written a moment ago goes into the ring that its node joins, in seed %d",
  async (seed) => {
    const { a, b, settle, pass, putAll, missingAt } = await twoOnKv(seed, 3);
    await putAll(b);
    await pass(1_000);
    expect(await settle(b.join({ urls: ["http://a"] }))).toMatchObject({
      ok: true,
    });
    await pass(settledMs);
    expect(await missingAt(a)).toEqual([]);
  },
);

test.each(seeds)(
  "what was written a moment ago goes to the others when its node leaves, in seed %d",
  async (seed) => {
    const { a, b, settle, pass, putAll, missingAt } = await twoOnKv(seed, 1);
    expect(await settle(b.join({ urls: ["http://a"] }))).toMatchObject({
      ok: true,
    });
    await pass(settledMs);
    await putAll(b);
    await pass(1_000);
    expect(await settle(b.leave())).toMatchObject({ ok: true });
    await pass(settledMs);
    expect(await missingAt(a)).toEqual([]);
  },
);
