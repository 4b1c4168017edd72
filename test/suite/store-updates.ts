/** Store conformance: an update reads, decides and writes as one. */

import { describe, expect, test } from "vitest";
import type { Stored } from "../../src/ports.ts";
import { bytesOf, increment, put, readBytes } from "./store-access.ts";
import type { StoreOpener } from "./store-opener.ts";

/** Declares these tests in the suite that opens stores for them. */
export function storeUpdateTests({ open }: StoreOpener): void {
  describe("update", () => {
    test("undefined leaves the record, null deletes it, bytes replace it; the result comes back", async () => {
      const store = await open();
      const seen: Stored[] = [];
      const apply = (write: Uint8Array | null | undefined) =>
        store.update("b", "a", (stored) => {
          seen.push(stored);
          return { write, result: seen.length };
        });
      expect(await apply(undefined)).toBe(1);
      expect(await apply(null)).toBe(2);
      expect(await apply(Uint8Array.of(1))).toBe(3);
      expect(await apply(undefined)).toBe(4);
      expect(await apply(Uint8Array.of())).toBe(5);
      expect(await apply(null)).toBe(6);
      expect(await apply(undefined)).toBe(7);
      expect(seen.map(shape)).toEqual([
        "absent",
        "absent",
        "absent",
        [1],
        [1],
        [],
        "absent",
      ]);
    });

    test("a step that throws changes nothing and keeps no lock", async () => {
      const store = await open();
      await put(store, "b", "a", Uint8Array.of(1));
      const mistake = new Error("a programmer's mistake");
      await expect(
        store.update("b", "a", () => {
          throw mistake;
        }),
      ).rejects.toBe(mistake);
      expect(await readBytes(store, "b", "a")).toEqual([1]);
      await put(store, "b", "a", Uint8Array.of(2));
      expect(await readBytes(store, "b", "a")).toEqual([2]);
    });

    test("1,000 concurrent writers to 10 keys: no increment is lost", async () => {
      const store = await open();
      const results = await Promise.all(
        Array.from({ length: 1000 }, (_, i) =>
          increment(store, "b", `key ${i % 10}`),
        ),
      );
      for (let key = 0; key < 10; key++) {
        expect(await readBytes(store, "b", `key ${key}`)).toEqual([100]);
        expect(results.filter((_, i) => i % 10 === key)).toEqual(
          Array.from({ length: 100 }, (_, i) => i + 1),
        );
      }
    });

    test("a read beside writes sees the old value or the new one", async () => {
      const store = await open();
      const versionBytes = (version: number) =>
        new Uint8Array(5000).fill(version);
      await put(store, "b", "a", versionBytes(0));
      const writes = Array.from({ length: 50 }, (_, i) =>
        put(store, "b", "a", versionBytes(i)),
      );
      let writing = true;
      const written = Promise.all(writes).finally(() => {
        writing = false;
      });
      let last = 0;
      while (writing) {
        const bytes = bytesOf(await store.read("b", "a"));
        await new Promise((resolve) => setImmediate(resolve));
        expect(bytes).toHaveLength(5000);
        expect(new Set(bytes).size).toBe(1);
        expect(bytes[0]).toBeGreaterThanOrEqual(last);
        last = bytes[0] ?? 0;
      }
      await written;
    });
  });
}

function shape(stored: Stored): string | number[] {
  return stored.kind === "record" ? [...stored.bytes] : stored.kind;
}
