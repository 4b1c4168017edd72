/** The cache beside a store: it shows what was acknowledged and nothing else, and holds no more than it may. */
import { describe, expect, test } from "vitest";
import { cachedRecordBytesMax } from "../../src/core/limits.ts";
import type { Store } from "../../src/ports.ts";
import type { StoreDriver } from "../../src/store/driver.ts";
import { memoryDriver } from "../../src/store/memory-driver.ts";
import { createRecordCache } from "../../src/store/record-cache.ts";
import { createStore } from "../../src/store/store.ts";

const bytes = (text: string) => new TextEncoder().encode(text);
const record = (text: string) =>
  ({ kind: "record", bytes: bytes(text) }) as const;
const absent = { kind: "absent" } as const;
const write = (store: Store, text: string | null) =>
  store.update("b", "k", () => ({
    write: text === null ? null : bytes(text),
    result: undefined,
  }));

/** A memory driver whose reads are counted, and whose writes wait for the test. */
function watchedDriver() {
  const inner = memoryDriver();
  const counts = { reads: 0 };
  const held: (() => void)[] = [];
  let onWrite: (apply: () => void) => Promise<void> = async (apply) => apply();
  const driver: StoreDriver = {
    ...inner,
    getItemRaw(item, options) {
      counts.reads++;
      return inner.getItemRaw?.(item, options);
    },
    setItemRaw: (item, value, options) =>
      onWrite(() => void inner.setItemRaw?.(item, value, options)),
    removeItem: (item, options) =>
      onWrite(() => void inner.removeItem?.(item, options)),
    async dropBucket(bucket) {
      await onWrite(() => void inner.dropBucket?.(bucket));
    },
  };
  return {
    driver,
    counts,
    /** From now on writes take effect and are acknowledged when the test releases them. */
    hold() {
      onWrite = (apply) =>
        new Promise((resolve) => {
          held.push(() => {
            apply();
            resolve();
          });
        });
    },
    release: () => {
      for (const go of held.splice(0)) go();
    },
    /** From now on writes fail, having taken effect or not. */
    fail({ isKept }: { readonly isKept: boolean }) {
      onWrite = (apply) => {
        if (isKept) apply();
        return Promise.reject(new Error("EIO"));
      };
    },
  };
}

function open() {
  const watched = watchedDriver();
  const store = createStore({
    driver: watched.driver,
    cacheBytesMax: 1024 * 1024,
  });
  return { ...watched, store };
}

/** Lets everything that waits for nothing else happen. */
const settle = () => new Promise((resolve) => setImmediate(resolve));

describe("a store with a cache", () => {
  test("reads a record from the disk once, and never one that it has written", async () => {
    const { driver, store, counts } = open();
    await write(createStore({ driver, guarantee: "volatile" }), "old");
    counts.reads = 0;
    const first = await store.read("b", "k");
    expect(first).toEqual(record("old"));
    expect(await store.read("b", "k")).toBe(first);
    expect(counts.reads).toBe(1);
    const seen = await store.update("b", "k", (stored) => ({
      write: bytes("new"),
      result: stored,
    }));
    expect(seen).toBe(first);
    expect(await store.read("b", "k")).toEqual(record("new"));
    expect(counts.reads).toBe(1);
  });

  test("shows a write when it is acknowledged, not before", async () => {
    const { store, hold, release } = open();
    await write(store, "old");
    hold();
    const written = write(store, "new");
    await settle();
    expect(await store.read("b", "k")).toEqual(record("old"));
    release();
    await written;
    expect(await store.read("b", "k")).toEqual(record("new"));
  });

  test("a read that meets a write of a record that is not kept waits for it", async () => {
    const { store, hold, release } = open();
    hold();
    const written = write(store, "new");
    await settle();
    const read = store.read("b", "k");
    await settle();
    release();
    await written;
    expect(await read).toEqual(record("new"));
  });

  test.each([true, false])(
    "asks the disk after a write that failed (kept all the same: %s)",
    async (isKept) => {
      const { store, fail } = open();
      await write(store, "old");
      fail({ isKept });
      await expect(write(store, "new")).rejects.toThrow("EIO");
      const expected = record(isKept ? "new" : "old");
      expect(await store.read("b", "k")).toEqual(expected);
      await expect(write(store, null)).rejects.toThrow("EIO");
      expect(await store.read("b", "k")).toEqual(isKept ? absent : expected);
    },
  );

  test("forgets what is deleted, and a bucket that is dropped, even while that lasts", async () => {
    const { store, hold, release } = open();
    await write(store, "old");
    await write(store, null);
    expect(await store.read("b", "k")).toEqual(absent);
    await write(store, "again");
    hold();
    const dropped = store.drop("b");
    await settle();
    const read = store.read("b", "k");
    await settle();
    release();
    await dropped;
    expect(await read).toEqual(absent);
    expect(await store.read("b", "k")).toEqual(absent);
  });

  test("keeps no damaged record: each read looks again", async () => {
    const { driver, store, counts } = open();
    await driver.setItemRaw?.("b:k-k", bytes("damaged"), {});
    expect(await store.read("b", "k")).toMatchObject({ kind: "unreadable" });
    await driver.setItemRaw?.("b:k-k", bytes("worse"), {});
    expect(await store.read("b", "k")).toMatchObject({ kind: "unreadable" });
    expect(counts.reads).toBe(2);
  });

  test("answers nothing once it is closed", async () => {
    const { store } = open();
    await write(store, "value");
    await store.close();
    await expect(store.read("b", "k")).rejects.toThrow("closed");
  });
});

describe("the cache", () => {
  const of = (length: number) =>
    ({ kind: "record", bytes: new Uint8Array(length) }) as const;

  test("holds no more than it may, and what was used last", () => {
    const cache = createRecordCache(100 * 1024);
    const keys = Array.from({ length: 1000 }, (_, index) => `k${index}`);
    for (const key of keys) {
      cache.put("b", key, of(512));
      // One that is asked for again and again stays.
      expect(cache.get("b", "k0")).toBeDefined();
    }
    // 2 KiB each: the bytes twice, and their objects.
    const lastOnes = keys.slice(-20);
    expect(lastOnes.filter((key) => cache.get("b", key))).toEqual(lastOnes);
    const kept = keys.filter((key) => cache.get("b", key));
    expect(kept.length).toBeLessThanOrEqual(50);
  });

  test("forgets nothing else for what is written over and over, or let go of", () => {
    const cache = createRecordCache(100 * 1024);
    cache.put("b", "first", of(512));
    for (let times = 0; times < 1000; times++) {
      cache.put("b", "again", of(512));
      cache.put("b", "gone", of(512));
      cache.delete("b", "gone");
      cache.put("dropped", "k", of(512));
      cache.dropBucket("dropped");
    }
    expect(cache.get("b", "first")).toBeDefined();
    expect(cache.get("b", "gone")).toBeUndefined();
    expect(cache.get("dropped", "k")).toBeUndefined();
  });

  test("takes no record that would fill it, and forgets the one that was there", () => {
    const cache = createRecordCache(10 * cachedRecordBytesMax);
    cache.put("b", "k", of(cachedRecordBytesMax));
    expect(cache.get("b", "k")).toBeDefined();
    cache.put("b", "k", of(cachedRecordBytesMax + 1));
    expect(cache.get("b", "k")).toBeUndefined();
  });
});
