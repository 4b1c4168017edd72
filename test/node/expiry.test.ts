/** Sweeps of expired values and old tombstones: bounded steps, several keys at once, nothing forgotten on the way. */

import { describe, expect, test } from "vitest";
import { encodeRegister } from "../../src/core/codec.ts";
import type { Entry } from "../../src/core/entry.ts";
import type { Layout, Settings } from "../../src/core/layout.ts";
import { memoryFrom } from "../../src/core/memory.ts";
import { createExpiry } from "../../src/node/expiry.ts";
import type { Ring } from "../../src/node/ring.ts";
import { createSchedule } from "../../src/node/schedule.ts";
import { partitionBucket } from "../../src/node/state.ts";
import { createUnreadable } from "../../src/node/unreadable.ts";
import { openStore } from "../../src/store/open.ts";
import { loneLayout } from "./lone-layout.ts";

const ballot = { epoch: 1, counter: 1, proposer: "p" };
const now = 1_000_000;
const tombstoneMsMin = 60_000;

function entryOf(more: Partial<Entry>): Entry {
  return {
    value: new Uint8Array(1),
    createdAt: 1,
    modifiedAt: 1,
    revision: ballot,
    memory: memoryFrom(ballot),
    ...more,
  };
}

/** The primary of all partitions, whose clock stands still. */
async function sceneWith(
  partitionCount: number,
  consistency: Settings["consistency"] = "linearizable",
) {
  let layout: Layout = loneLayout({ partitionCount, consistency });
  const store = await openStore({ kind: "memory" });
  const schedule = createSchedule(tombstoneMsMin, () => {});
  const read: string[] = [];
  const collected: string[] = [];
  let atOnce = 0;
  const scene = {
    schedule,
    read,
    collected,
    atOnceMax: 0,
    hasQuorum: true,
    /** For how long the others have held what they hold; absent where nobody tells. */
    heldMs: undefined as number | undefined,
    onRead: () => {},
    /** Of the same ring, one epoch later. */
    nextEpoch() {
      layout = { ...layout, epoch: layout.epoch + 1 };
    },
    async put(partition: number, key: string, entry: Entry) {
      const register = { promised: ballot, accepted: ballot, entry };
      const write = encodeRegister(register);
      const bucket = partitionBucket(0, partition);
      await store.update(bucket, key, () => ({ write, result: 0 }));
      schedule.set(partition, now);
    },
  };
  const ring = {
    layout: () => layout,
    memberId: () => "m",
    space: () => 0,
    isMember: () => true,
  };
  const expiry = createExpiry({
    ring: ring as Ring,
    store,
    schedule,
    unreadable: createUnreadable(
      () => {},
      () => 0,
    ),
    clock: { now: () => now, timer: () => () => {} },
    operationTimeoutMs: 1,
    tombstoneMsMin,
    coordinator: {
      change: () => Promise.reject(new Error("a sweep only reads")),
      refresh: () => Promise.reject(new Error("a sweep only reads")),
      async read(key) {
        read.push(key);
        scene.onRead();
        scene.atOnceMax = Math.max(scene.atOnceMax, ++atOnce);
        await new Promise((resolve) => setImmediate(resolve));
        atOnce--;
        return { kind: scene.hasQuorum ? "absent" : "no-quorum" };
      },
    },
    voters: {
      async ask(_, __, request) {
        const { heldMs } = scene;
        if (request.kind === "read")
          return {
            kind: "state",
            accepted: ballot,
            ...(heldMs !== undefined && { heldMs }),
          };
        if (request.kind !== "collect") throw new Error("no other request");
        const removed = !request.key.startsWith("kept");
        if (removed) collected.push(request.key);
        return { kind: "collected", removed };
      },
    },
  });
  return { expiry, scene };
}

const expired = entryOf({ expiresAt: now - 1 });
const name = (i: number) => `k${String(i).padStart(4, "0")}`;

describe("a sweep", () => {
  test("takes a page of each partition in a step, so that a large one holds up no other", async () => {
    const { expiry, scene: swept } = await sceneWith(8);
    for (let i = 0; i < 700; i++) await swept.put(0, name(i), expired);
    for (let partition = 1; partition < 8; partition++)
      await swept.put(partition, `small ${partition}`, expired);
    expect(await expiry.step()).toBe(0);
    expect(swept.read).toHaveLength(256 + 7);
    expect(await expiry.step()).toBe(0);
    expect(await expiry.step()).toBeUndefined();
    expect(swept.read).toHaveLength(700 + 7);
    expect(new Set(swept.read).size).toBe(700 + 7);
  });

  test("works on several keys at once, and on not too many", async () => {
    const { expiry, scene: swept } = await sceneWith(32);
    for (let partition = 0; partition < 32; partition++)
      for (let i = 0; i < 20; i++)
        await swept.put(partition, `${partition} ${i}`, expired);
    while ((await expiry.step()) === 0);
    expect(swept.read).toHaveLength(640);
    expect(swept.atOnceMax).toBeGreaterThan(16);
    expect(swept.atOnceMax).toBeLessThanOrEqual(64);
  });

  test("leaves a partition without a majority at once, and comes back later", async () => {
    const { expiry, scene: swept } = await sceneWith(1);
    for (let i = 0; i < 200; i++) await swept.put(0, name(i), expired);
    swept.hasQuorum = false;
    expect(await expiry.step()).toBe(30_000);
    expect(swept.read.length).toBeLessThanOrEqual(4);
  });

  test("goes on where it was when the layout changes meanwhile", async () => {
    const { expiry, scene: swept } = await sceneWith(2);
    for (const partition of [0, 1])
      for (let i = 0; i < 300; i++)
        await swept.put(partition, `${partition} ${name(i)}`, expired);
    let readCount = 0;
    swept.onRead = () => {
      if (++readCount === 100) swept.nextEpoch();
    };
    while ((await expiry.step()) === 0);
    expect(new Set(swept.read).size).toBe(600);
  });

  test("collects old tombstones, looks again at those that not all replicas hold, and notes what is due later", async () => {
    const { expiry, scene: swept } = await sceneWith(1);
    await swept.put(0, "old", entryOf({ value: null }));
    await swept.put(0, "young", entryOf({ value: null, modifiedAt: now }));
    await swept.put(0, "later", entryOf({ expiresAt: now + 7_000 }));
    await swept.put(0, "ever", entryOf({}));
    expect(await expiry.step()).toBe(7_000);
    expect(swept.collected).toEqual(["old"]);
    expect(swept.read).toEqual([]);
    const { expiry: other, scene: kept } = await sceneWith(1);
    await kept.put(0, "kept", entryOf({ value: null }));
    await kept.put(0, "old", entryOf({ value: null }));
    expect(await other.step()).toBe(30_000);
    expect(kept.collected).toEqual(["old"]);
  });

  test("of an eventual ring keeps what a replica has taken lately, however old it is", async () => {
    const { expiry, scene: swept } = await sceneWith(1, "eventual");
    await swept.put(0, "old", entryOf({ value: null }));
    // One that does not tell may have taken it just now.
    expect(await expiry.step()).toBe(tombstoneMsMin / 2);
    swept.heldMs = tombstoneMsMin / 2 - 7_000;
    await swept.put(0, "expired", entryOf({ expiresAt: 1 }));
    swept.schedule.clear();
    swept.schedule.set(0, now);
    expect(await expiry.step()).toBe(7_000);
    expect(swept.collected).toEqual([]);
    swept.heldMs = tombstoneMsMin / 2;
    swept.schedule.clear();
    swept.schedule.set(0, now);
    expect(await expiry.step()).toBeUndefined();
    expect(swept.collected.sort()).toEqual(["expired", "old"]);
  });
});
