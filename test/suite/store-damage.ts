/** Store conformance: a damaged record is reported, never absent and never a value. */

import { describe, expect, test } from "vitest";
import type { Store } from "../../src/ports.ts";
import { driverBytes } from "../../src/store/driver-bytes.ts";
import { sealRecord } from "../../src/store/envelope.ts";
import { encodeName } from "../../src/store/name.ts";
import { bytesOf, decode, encode, put, scanAll } from "./store-access.ts";
import type { StoreOpener } from "./store-opener.ts";

/** Declares these tests in the suite that opens stores for them. */
export function storeDamageTests({ openBoth }: StoreOpener): void {
  describe("a damaged record", () => {
    const item = (key: string) => `b:${encodeName(key)}`;

    async function expectUnreadable(store: Store, key: string, hint = "") {
      const stored = await store.read("b", key);
      expect(stored, `${key} ${hint}`).toEqual({
        kind: "unreadable",
        reason: expect.stringMatching(/./),
      });
      return stored;
    }

    test("is unreadable wherever a bit is flipped or the end is cut, never absent or a value", async () => {
      const { driver, store } = await openBoth();
      const raw = driverBytes(driver);
      await put(store, "b", "a", encode("value"));
      const good = await raw.load(item("a"));
      if (typeof good === "string") throw new Error(good);
      for (let at = 0; at < good.length; at++) {
        const flipped = good.slice();
        flipped[at] = (flipped[at] ?? 0) ^ (1 << (at % 8));
        await raw.save(item("a"), flipped);
        await expectUnreadable(store, "a", `flipped at byte ${at}`);
        await raw.save(item("a"), good.slice(0, at));
        await expectUnreadable(store, "a", `cut to ${at} bytes`);
      }
      await raw.save(item("a"), Uint8Array.of(...good, 0));
      await expectUnreadable(store, "a", "a byte too many");
      await raw.save(item("a"), good);
      expect(decode(bytesOf(await store.read("b", "a")))).toBe("value");
    });

    test("is unreadable when it belongs to another key, bucket or version", async () => {
      const { driver, store } = await openBoth();
      const raw = driverBytes(driver);
      const payload = encode("value");
      const long = "long".repeat(200);
      await raw.save(item("a"), sealRecord({ bucket: "b", key: "A", payload }));
      await raw.save(
        item("c"),
        sealRecord({ bucket: "b2", key: "c", payload }),
      );
      await raw.save(
        item(long),
        sealRecord({ bucket: "b", key: `${long}!`, payload }),
      );
      const newer = sealRecord({ bucket: "b", key: "v", payload });
      newer[2] = 2;
      await raw.save(item("v"), newer);

      expect(await expectUnreadable(store, "a")).toMatchObject({
        reason: expect.stringContaining("another key"),
      });
      await expectUnreadable(store, "c");
      await expectUnreadable(store, long);
      expect(await expectUnreadable(store, "v")).toMatchObject({
        reason: expect.stringContaining("version 2"),
      });

      const scanned = await scanAll(store, "b");
      expect(scanned.map(({ stored }) => stored.kind)).toEqual(
        Array(4).fill("unreadable"),
      );
      expect(scanned.map(({ key }) => key)).toEqual([undefined, "a", "c", "v"]);
    });

    test("is shown to an update, which may replace or delete it", async () => {
      const { driver, store } = await openBoth();
      const raw = driverBytes(driver);
      for (const key of ["a", "c"]) await raw.save(item(key), encode("?"));
      const kinds = await Promise.all([
        store.update("b", "a", ({ kind }) => ({
          write: encode("new"),
          result: kind,
        })),
        store.update("b", "c", ({ kind }) => ({ write: null, result: kind })),
      ]);
      expect(kinds).toEqual(["unreadable", "unreadable"]);
      expect(decode(bytesOf(await store.read("b", "a")))).toBe("new");
      expect(await store.read("b", "c")).toEqual({ kind: "absent" });
    });
  });
}
