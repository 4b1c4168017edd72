/** Store conformance: dropping a bucket, closing, and opening again. */

import { describe, expect, test } from "vitest";
import { increment, put, readBytes, remove, scanAll } from "./store-access.ts";
import { hostileKeys } from "./store-hostile-keys.ts";
import type { StoreOpener } from "./store-opener.ts";

/** Declares these tests in the suite that opens stores for them. */
export function storeEndTests({ open, newFolder, forgets }: StoreOpener): void {
  describe("drop", () => {
    test("empties one bucket and leaves those beside and below", async () => {
      const store = await open();
      for (const bucket of ["a", "a/b", "ab"])
        for (const key of hostileKeys) await put(store, bucket, key);
      await store.drop("a");
      await store.drop("never/written");
      expect(await scanAll(store, "a")).toEqual([]);
      expect(await store.read("a", "a")).toEqual({ kind: "absent" });
      expect(await scanAll(store, "a/b")).toHaveLength(hostileKeys.length);
      expect(await scanAll(store, "ab")).toHaveLength(hostileKeys.length);
      await put(store, "a", "again");
      expect(await scanAll(store, "a")).toHaveLength(1);
    });

    test("takes its turn among the updates: those before are gone, those after start anew", async () => {
      const store = await open();
      const tenIncrements = () =>
        Array.from({ length: 10 }, () => increment(store, "b", "a"));
      const results = await Promise.all([
        ...tenIncrements(),
        store.drop("b"),
        ...tenIncrements(),
        store.drop("b"),
        ...tenIncrements(),
      ]);
      const oneToTen = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10];
      expect(results).toEqual([
        ...oneToTen,
        undefined,
        ...oneToTen,
        undefined,
        ...oneToTen,
      ]);
      expect(await readBytes(store, "b", "a")).toEqual([10]);
    });
  });

  describe("close", () => {
    test("waits for what was asked before it, and refuses what comes after", async () => {
      const store = await open();
      const results = Array.from({ length: 20 }, () =>
        increment(store, "b", "a"),
      );
      const closed = store.close();
      await expect(store.read("b", "a")).rejects.toMatchObject({
        code: "store_failed",
      });
      await expect(put(store, "b", "a")).rejects.toMatchObject({
        code: "store_failed",
      });
      await closed;
      await store.close();
      expect((await Promise.all(results)).at(-1)).toBe(20);
    });

    test("a reopened store holds everything", async (context) => {
      if (forgets) return context.skip(forgets);
      const folder = newFolder();
      const first = await open(folder);
      for (const [i, key] of hostileKeys.entries())
        await put(first, "r1/p/00af", key, Uint8Array.of(i));
      await remove(first, "r1/p/00af", hostileKeys[0] ?? "");
      const last = increment(first, "node", "counter");
      await first.close();
      await last;

      const second = await open(folder);
      expect(await readBytes(second, "node", "counter")).toEqual([1]);
      expect(await scanAll(second, "r1/p/00af")).toHaveLength(
        hostileKeys.length - 1,
      );
      for (const [i, key] of hostileKeys.entries())
        if (i > 0)
          expect(await readBytes(second, "r1/p/00af", key)).toEqual([i]);
    });
  });
}
