/** Store conformance: scans page through one bucket in order. */

import { describe, expect, test } from "vitest";
import { encodeName } from "../../src/store/name.ts";
import {
  bytesOf,
  decode,
  encode,
  put,
  remove,
  scanAll,
  scanPages,
} from "./store-access.ts";
import type { StoreOpener } from "./store-opener.ts";

/** Declares these tests in the suite that opens stores for them. */
export function storeScanTests({ open }: StoreOpener): void {
  describe("scan", () => {
    const keys = Array.from({ length: 25 }, (_, i) => `key ${i * 7}`);
    const inOrder = keys.map(encodeName).sort();
    const ten = new Uint8Array(10);

    test("pages by count cover the bucket once, in order", async () => {
      const store = await open();
      for (const key of keys) await put(store, "b", key, ten);
      for (const limit of [1, 4, 5, 24, 25, 26, 1000]) {
        const pages = await scanPages(store, "b", { limit });
        expect(pages.flat().map(({ name }) => name)).toEqual(inOrder);
        expect(pages.map((page) => page.length)).toEqual(
          chunkLengths(keys.length, limit),
        );
      }
    });

    test("pages by bytes end with the record that fills them, and hold at least one", async () => {
      const store = await open();
      for (const key of keys) await put(store, "b", key, ten);
      for (const [bytesMax, perPage] of [
        [1, 1],
        [10, 1],
        [11, 2],
        [20, 2],
        [245, 25],
        [2 ** 30, 25],
      ] as const) {
        const pages = await scanPages(store, "b", { bytesMax });
        expect(pages.flat().map(({ name }) => name)).toEqual(inOrder);
        expect(pages.map((page) => page.length)).toEqual(
          chunkLengths(keys.length, perPage),
        );
      }
    });

    test("a scan stays in its bucket, however near the names of others are", async () => {
      const store = await open();
      const buckets = ["a", "a/b", "a/b/c", "ab", "a/k", "a/h", "b", "r1/p/0"];
      for (const bucket of buckets)
        for (const key of ["a", "b", "b:c", bucket])
          await put(store, bucket, key, encode(bucket));
      for (const bucket of buckets) {
        const records = await scanAll(store, bucket);
        expect(records.map(({ key }) => key).toSorted()).toEqual(
          [...new Set(["a", "b", "b:c", bucket])].sort(),
        );
        for (const { stored } of records)
          expect(decode(bytesOf(stored))).toBe(bucket);
      }
    });

    test("records that stay are listed once, whatever comes and goes between the pages", async () => {
      const store = await open();
      for (const key of keys) await put(store, "b", key, ten);
      const seen: string[] = [];
      let after: string | undefined;
      let round = 0;
      do {
        const page = await store.scan("b", {
          ...(after !== undefined && { after }),
          limit: 3,
          bytesMax: 2 ** 20,
        });
        seen.push(...page.records.map(({ name }) => name));
        after = page.next;
        await Promise.all([
          put(store, "b", `key ${round * 20 + 1}`),
          put(store, "b", keys[round] ?? ""),
          remove(store, "b", `key ${round * 20 - 19}`),
        ]);
        round++;
      } while (after !== undefined && round < 100);
      expect(seen).toEqual(seen.toSorted());
      expect(new Set(seen).size).toBe(seen.length);
      expect(seen).toEqual(expect.arrayContaining(inOrder));
    });
  });
}

function chunkLengths(total: number, size: number): number[] {
  return Array.from({ length: Math.ceil(total / size) }, (_, i) =>
    Math.min(size, total - i * size),
  );
}
