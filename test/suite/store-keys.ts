/** Store conformance: keys and buckets are kept apart, and what is none is refused. */

import { describe, expect, test } from "vitest";
import { encodeName } from "../../src/store/name.ts";
import { put, readBytes, remove, scanAll } from "./store-access.ts";
import { hostileKeys } from "./store-hostile-keys.ts";
import type { StoreOpener } from "./store-opener.ts";

/** Declares these tests in the suite that opens stores for them. */
export function storeKeyTests({ open }: StoreOpener): void {
  describe("keys", () => {
    test("hostile keys live side by side, and leave one by one", async () => {
      const store = await open();
      for (const [i, key] of hostileKeys.entries())
        await put(store, "b", key, Uint8Array.of(i));
      for (const [i, key] of hostileKeys.entries())
        expect(await readBytes(store, "b", key), key).toEqual([i]);

      const scanned = await scanAll(store, "b");
      expect(scanned.map(({ key }) => key)).toEqual(
        hostileKeys.toSorted((a, b) =>
          encodeName(a) < encodeName(b) ? -1 : 1,
        ),
      );
      for (const [i, key] of hostileKeys.entries()) {
        await remove(store, "b", key);
        expect(await store.read("b", key), key).toEqual({ kind: "absent" });
        expect(await scanAll(store, "b")).toHaveLength(
          hostileKeys.length - i - 1,
        );
      }
    });

    test.each([
      ["empty", ""],
      ["1,025 bytes", "a".repeat(1025)],
      ["1,026 bytes in 342 characters", "€".repeat(342)],
      ["not well-formed", "a\ud800"],
    ])("a key that is %s is refused", async (_, key) => {
      const store = await open();
      await expect(store.read("b", key)).rejects.toThrow(TypeError);
      await expect(put(store, "b", key)).rejects.toThrow(TypeError);
    });

    test.each(["", "/", "a/", "/a", "a//b", "A", "a:b", "..", "a-b"])(
      "the bucket %j is refused",
      async (bucket) => {
        const store = await open();
        await expect(store.read(bucket, "a")).rejects.toThrow(TypeError);
        await expect(store.drop(bucket)).rejects.toThrow(TypeError);
        await expect(scanAll(store, bucket)).rejects.toThrow(TypeError);
      },
    );
  });
}
