/** Store conformance: values come back as they were, and share no memory with the store. */

import { describe, expect, test } from "vitest";
import { bytesOf, put, readBytes, scanAll } from "./store-access.ts";
import type { StoreOpener } from "./store-opener.ts";

/** Declares these tests in the suite that opens stores for them. */
export function storeValueTests({ open }: StoreOpener): void {
  describe("values", () => {
    test("a key that was never written is absent, and its bucket empty", async () => {
      const store = await open();
      expect(await store.read("b", "a")).toEqual({ kind: "absent" });
      expect(await scanAll(store, "b")).toEqual([]);
    });

    test.each([
      ["an empty value", new Uint8Array()],
      ["every byte value", Uint8Array.from({ length: 256 }, (_, i) => i)],
      ["1 MiB", new Uint8Array(2 ** 20).map((_, i) => (i * 31) ^ (i >> 8))],
    ])("%s comes back as it was", async (_, value) => {
      const store = await open();
      await put(store, "b", "a", value);
      const stored = await store.read("b", "a");
      expect(stored.kind).toBe("record");
      expect(Buffer.compare(bytesOf(stored), value)).toBe(0);
    });

    test("bytes are copied at the boundary, in all directions", async () => {
      const store = await open();
      const value = Uint8Array.of(1, 2, 3);
      await put(store, "b", "a", value);
      value.fill(9);
      bytesOf(await store.read("b", "a")).fill(9);
      for (const { stored } of await scanAll(store, "b"))
        bytesOf(stored).fill(9);
      await store.update("b", "a", (stored) => {
        bytesOf(stored).fill(9);
        return { result: undefined };
      });
      expect(await readBytes(store, "b", "a")).toEqual([1, 2, 3]);
    });
  });
}
