/** The import of a node's former ring: what fails waits behind the rest, and what is lost is told. */

import { afterEach, describe, expect, test } from "vitest";
import { encodeRegister } from "../../src/core/codec.ts";
import { partitionOfKey } from "../../src/core/layout.ts";
import { memoryFrom } from "../../src/core/memory.ts";
import { createImport } from "../../src/node/import.ts";
import type { Operations } from "../../src/node/operations.ts";
import type { Ring } from "../../src/node/ring.ts";
import { type NodeState, partitionBucket } from "../../src/node/state.ts";
import type { LogFields } from "../../src/ports.ts";
import { openStore } from "../../src/store/open.ts";
import { type Cluster, createCluster, systemClock } from "./cluster.ts";
import { createDamagedStore } from "./damaged-store.ts";
import { loneLayout } from "./lone-layout.ts";

const ballot = { epoch: 1, counter: 1, proposer: "p" };
const entry = {
  value: new Uint8Array(1),
  createdAt: 1,
  modifiedAt: 1,
  revision: ballot,
  memory: memoryFrom(ballot),
};

/** A node that has just joined, with keys of its own ring of one; `isServed` says which of them the ring can take now. */
async function sceneWith(keys: readonly string[], partitionCount: number) {
  const stayIn = (ringId: string, space: number) => ({
    memberId: "m",
    space,
    layout: loneLayout({ partitionCount }, ringId),
  });
  const previous = stayIn("own", 0);
  let state: NodeState = {
    stay: stayIn("joined", 1),
    previous,
    isLeaving: false,
    refusedIds: [],
    nextSpace: 2,
    cleanedEpoch: 1,
    garbage: [],
  };
  const store = createDamagedStore(await openStore({ kind: "memory" }));
  const bucketOf = (key: string) =>
    partitionBucket(0, partitionOfKey(previous.layout, key));
  for (const key of keys) {
    const write = encodeRegister({ promised: ballot, accepted: ballot, entry });
    await store.update(bucketOf(key), key, () => ({ write, result: 0 }));
  }
  const tried: string[] = [];
  const errors: (LogFields | undefined)[] = [];
  const scene = {
    isServed: (_key: string) => true,
    tried,
    errors,
    damage: (key: string, isNameless: boolean) =>
      store.damage(bucketOf(key), key, { isNameless }),
    isOver: () => state.previous === undefined,
  };
  const operations = {
    async execute(key: string) {
      tried.push(key);
      return scene.isServed(key)
        ? { kind: "committed", answer: { kind: "unchanged" } }
        : { kind: "no-quorum" };
    },
  };
  const ring = {
    state: () => state,
    layout: () => state.stay.layout,
    isMember: () => true,
    async change(next: (state: NodeState) => NodeState | undefined) {
      const changed = next(state);
      if (changed) state = changed;
      return changed !== undefined;
    },
  };
  const imports = createImport({
    ring: ring as Ring,
    store,
    operations: () => operations as unknown as Operations,
    clock: systemClock,
    log: {
      debug() {},
      info() {},
      warn() {},
      error: (_, fields) => void errors.push(fields),
    },
  });
  return { imports, scene };
}

const names = (count: number) =>
  Array.from({ length: count }, (_, i) => `k${i}`);

describe("an import", () => {
  test("goes on past keys that cannot be imported now, and comes back to them alone", async () => {
    const keys = names(600);
    const { imports, scene } = await sceneWith(keys, 2);
    const blocked = new Set(keys.filter((_, i) => i % 7 === 0));
    scene.isServed = (key) => !blocked.has(key);
    for (let step = 0; step < 40; step++) await imports.step();
    const once = keys.filter((key) => !blocked.has(key));
    expect([...scene.tried].filter((key) => !blocked.has(key)).sort()).toEqual(
      [...once].sort(),
    );
    expect(imports.keysImported()).toBe(once.length);
    expect(scene.isOver()).toBe(false);
    scene.isServed = () => true;
    for (let step = 0; step < 40; step++) await imports.step();
    expect(scene.isOver()).toBe(true);
    expect(imports.keysImported()).toBe(keys.length);
  });

  test("tries as many keys in a step as at once, so that no step takes longer than an operation", async () => {
    const { imports, scene } = await sceneWith(names(500), 1);
    scene.isServed = () => false;
    expect(await imports.step()).toBeGreaterThan(0);
    expect(scene.tried.length).toBeLessThanOrEqual(64);
  });

  test("takes the keys of many partitions in a step, for each often has but a few", async () => {
    const { imports, scene } = await sceneWith(names(300), 300);
    let steps = 0;
    for (; !scene.isOver(); steps++) await imports.step();
    expect(imports.keysImported()).toBe(300);
    expect(steps).toBeLessThan(10);
  });

  test("does not collect without end what cannot be imported", async () => {
    const { imports, scene } = await sceneWith(names(6_000), 1);
    scene.isServed = () => false;
    for (let step = 0; step < 150; step++) await imports.step();
    expect(new Set(scene.tried).size).toBeLessThanOrEqual(64 * 64);
  });

  test("names the records that failed their checksum, each once, and counts them", async () => {
    const { imports, scene } = await sceneWith(names(20), 4);
    scene.damage("k3", false);
    scene.damage("k5", true);
    expect(await imports.ensure("k3")).toBe(true);
    while (!scene.isOver()) await imports.step();
    expect(imports.recordsLost()).toBe(2);
    expect(scene.errors).toHaveLength(2);
    expect(scene.errors[0]).toEqual({ key: "k3" });
    expect(scene.errors[1]).toHaveProperty("storedName");
    expect(scene.tried).not.toContain("k3");
  });
});

let cluster: Cluster | undefined;
afterEach(() => cluster?.close());

test("a join tells in the status what it could not bring along", async () => {
  cluster = createCluster({ founding: { partitionCount: 4 } });
  const store = createDamagedStore(await openStore({ kind: "memory" }));
  const a = await cluster.start("a");
  const b = await cluster.start("b", { store });
  for (const key of ["sound", "damaged"])
    expect(await b.put(key, new Uint8Array(1))).toMatchObject({ ok: true });
  const partition = partitionOfKey(b.greeting().layout, "damaged");
  store.damage(partitionBucket(0, partition), "damaged");
  expect(await b.join({ urls: [a.url] })).toMatchObject({ ok: true });
  expect(b.status().recordsLost).toBe(1);
  expect(await a.get("sound")).toMatchObject({ ok: true, value: {} });
  expect(await a.get("damaged")).toEqual({ ok: true, value: undefined });
});
