/** The conformance suite of unstorage drivers: what unstorage's own tests ask of one, and what they leave open. */
import {
  createStorage,
  type Driver,
  prefixStorage,
  restoreSnapshot,
  type Storage,
  snapshot,
} from "unstorage";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { listingLimitMax } from "../../src/core/limits.ts";
import { until } from "../e2e/until.ts";

/** A driver over nothing but what the suite itself puts there. */
export interface RunningDriver {
  readonly driver: Driver;
  readonly close: () => Promise<void>;
}

interface Given {
  storage(): Storage;
  driver(): Driver;
}

/** More than one page of a listing has. */
const keyCountDefault = listingLimitMax + 100;

/**
 * Runs the whole suite against one driver, which all its tests share and leave empty. `keyCount` are the most keys that
 * it sets: fewer than a page where paging is not what differs.
 */
export function unstorageSuite(
  name: string,
  start: () => Promise<RunningDriver>,
  keyCount = keyCountDefault,
): void {
  describe(`unstorage: ${name}`, () => {
    let running: RunningDriver | undefined;
    let storage: Storage | undefined;
    const given: Given = {
      driver: () => running?.driver ?? unstarted(),
      storage: () => storage ?? unstarted(),
    };
    beforeAll(async () => {
      running = await start();
      storage = createStorage({ driver: running.driver });
    });
    afterEach(() => storage?.clear());
    afterAll(async () => {
      await storage?.dispose();
      await running?.close();
    });
    itemTests(given);
    rawTests(given);
    keyTests(given, keyCount);
    metaTests(given);
    clearTests(given);
  });
}

function unstarted(): never {
  throw new Error("the driver has not been started");
}

function itemTests({ storage }: Given): void {
  describe("items", () => {
    test("there is nothing at first", async () => {
      expect(await storage().hasItem("s1:a")).toBe(false);
      expect(await storage().getItem("s2:a")).toBeNull();
      expect(await storage().getKeys()).toEqual([]);
    });

    test("an item is there when it is set, whatever stands behind its ?", async () => {
      await storage().setItem("s1:a", "test_data");
      await storage().setItem("s3:a?q=1", "test_data");
      expect(await storage().hasItem("s1:a")).toBe(true);
      expect(await storage().getItem("s1:a")).toBe("test_data");
      expect(await storage().getItem("s3:a?q=2")).toBe("test_data");
    });

    test.each<[string, unknown]>([
      ["an object", { json: "works", list: [1, { deep: null }] }],
      ["a list", [1, "2", null]],
      ["true", true],
      ["false", false],
      ["zero", 0],
      ["a number", -1.5e-7],
      ["null", null],
      ["empty text", ""],
      ["text of many lines", "ü\r\n\u2028\u0000 end"],
      ["text that is nearly JSON", "{not json}"],
    ])("%s comes back as it was", async (_, value) => {
      await storage().setItem("/data/value.json", value as string);
      expect(await storage().hasItem("data:value.json")).toBe(true);
      expect(await storage().getItem("data:value.json")).toEqual(value);
    });

    test("an object is what its toJSON() says", async () => {
      const text = { toJSON: () => "SERIALIZED" };
      const object = { toJSON: () => ({ serialized: "works" }) };
      await storage().setItem("t1", text);
      await storage().setItem("t2", object);
      expect(await storage().getItem("t2")).toEqual({ serialized: "works" });
      class Plain {}
      await expect(storage().setItem("t3", new Plain())).rejects.toThrow(
        "[unstorage] Cannot stringify value!",
      );
      expect(await storage().hasItem("t3")).toBe(false);
    });

    test("many are set and got together, in their order", async () => {
      const items = Array.from({ length: 40 }, (_, at) => ({
        key: `t:${at}`,
        value: `data ${at}`,
      }));
      await storage().setItems(items);
      const asked = [...items.map(({ key }) => key), "t:missing"];
      expect(await storage().getItems(asked)).toEqual([
        ...items,
        { key: "t:missing", value: null },
      ]);
      expect(
        await storage().getItems([{ key: "t:1" }, "t:2?q=1", "t/3"]),
      ).toEqual([
        { key: "t:1", value: "data 1" },
        { key: "t:2", value: "data 2" },
        { key: "t:3", value: "data 3" },
      ]);
    });

    test("a removed item is gone, and to remove it again is no error", async () => {
      await storage().setItem("s1:a", "test_data");
      await storage().removeItem("s1:a");
      await storage().removeItem("s1:a");
      expect(await storage().hasItem("s1:a")).toBe(false);
      expect(await storage().getItem("s1:a")).toBeNull();
    });

    test("to set undefined is to remove", async () => {
      await storage().setItem("s1:a", "test_data");
      await storage().setItem("s1:a", undefined as never);
      expect(await storage().hasItem("s1:a")).toBe(false);
    });

    test("a snapshot is restored", async () => {
      await restoreSnapshot(storage(), { "s:initial": "works", other: "x" });
      expect(await snapshot(storage(), "s")).toEqual({ initial: "works" });
    });

    test("with a time to live it ends by itself, and without one it stays", async () => {
      await storage().setItem("short", "x", { ttl: 0.05 });
      await storage().setItemRaw("short-raw", new Uint8Array(1), { ttl: 0.05 });
      await storage().setItem("long", "x", { ttl: 3600 });
      for (const key of ["short", "short-raw"])
        await until(
          async () => !(await storage().hasItem(key)),
          `${key} is over`,
        );
      expect(await storage().getItem("long")).toBe("x");
      expect(await storage().getKeys()).toEqual(["long"]);
    });
  });
}

/** The bytes of a raw value, in whatever a driver gives them. */
function bytesOf(raw: unknown): Uint8Array {
  if (raw instanceof ArrayBuffer) return new Uint8Array(raw);
  if (raw instanceof Uint8Array) return new Uint8Array(raw);
  throw new Error(`no bytes: ${raw}`);
}

function rawTests({ storage }: Given): void {
  const everyByte = Uint8Array.from({ length: 256 }, (_, at) => at);

  describe("raw values", () => {
    test("have their bytes, in whatever they are given", async () => {
      const { buffer } = everyByte.slice();
      await storage().setItemRaw("data:raw.bin", everyByte);
      await storage().setItemRaw("data:buffer", buffer);
      await storage().setItemRaw("data:part", everyByte.subarray(5, 9));
      for (const key of ["data:raw.bin", "data:buffer"])
        expect(bytesOf(await storage().getItemRaw(key))).toEqual(everyByte);
      expect(bytesOf(await storage().getItemRaw("data:part"))).toEqual(
        new Uint8Array([5, 6, 7, 8]),
      );
    });

    test("may be empty", async () => {
      await storage().setItemRaw("empty", new Uint8Array());
      expect(await storage().hasItem("empty")).toBe(true);
      expect(bytesOf(await storage().getItemRaw("empty"))).toHaveLength(0);
      expect(await storage().getItem("empty")).toBe("");
    });

    test("may be text, and text may be got raw", async () => {
      await storage().setItemRaw("raw", "tëxt");
      expect(await storage().getItem("raw")).toBe("tëxt");
      await storage().setItem("text", "tëxt");
      expect(bytesOf(await storage().getItemRaw("text"))).toEqual(
        new TextEncoder().encode("tëxt"),
      );
    });

    test("that are missing are none", async () => {
      expect((await storage().getItemRaw("missing")) ?? null).toBeNull();
    });
  });
}

const depthKeys = [
  "depth0_0",
  "depth0:depth1_0",
  "depth0:depth1_1",
  "depth0:depth1:depth2_0",
  "depth0:depth1:depth2_1",
];

function keyTests({ storage, driver }: Given, keyCount: number): void {
  async function setAll(keys: readonly string[]): Promise<void> {
    await Promise.all(keys.map((key) => storage().setItem(key, "v")));
  }
  const listed = async (...asked: Parameters<Storage["getKeys"]>) =>
    (await storage().getKeys(...asked)).sort();

  describe("keys", () => {
    test("are listed, all of them or below a base", async () => {
      await setAll(["s1:a", "s2:a", "s3:a?q=1", "s1", "s11:a"]);
      expect(await listed()).toEqual(["s1", "s11:a", "s1:a", "s2:a", "s3:a"]);
      expect(await listed("s1")).toEqual(["s1:a"]);
      expect(await listed("s1:")).toEqual(["s1:a"]);
      expect(await listed("s1:a")).toEqual([]);
      expect(await listed("nothing")).toEqual([]);
    });

    test("are listed to a depth", async () => {
      await setAll(depthKeys);
      for (const [maxDepth, count] of [1, 3, 5].entries())
        expect(await listed(undefined, { maxDepth })).toEqual(
          depthKeys.slice(0, count).sort(),
        );
    });

    test("are listed to a depth below a mount, too", async () => {
      const mounted = createStorage().mount("at", driver());
      await setAll(depthKeys);
      expect((await mounted.getKeys("at", { maxDepth: 2 })).toSorted()).toEqual(
        depthKeys
          .slice(0, 3)
          .map((key) => `at:${key}`)
          .sort(),
      );
    });

    test(`${keyCount} of them are all listed, once each`, async () => {
      const keys = Array.from({ length: keyCount }, (_, at) => `many:${at}`);
      for (let at = 0; at < keys.length; at += 100)
        await setAll(keys.slice(at, at + 100));
      expect(await listed("many")).toEqual(keys.toSorted());
    });

    test.each([
      "with space",
      "100%",
      "%41%2F",
      "ünï:🗝",
      "a+b&c=d",
      "hash#mark",
      "quote'\"",
      "semi;comma,at@",
      "...",
      "a..b:.hidden",
      "x:%2e%2e:y",
    ])("%j is a key as it stands", async (key) => {
      await storage().setItem(key, `of ${key}`);
      expect(await storage().getKeys()).toEqual([key]);
      expect(await storage().hasItem(key)).toBe(true);
      expect(await storage().getItem(key)).toBe(`of ${key}`);
      await storage().removeItem(key);
      expect(await storage().getKeys()).toEqual([]);
    });

    test("are folded: / and \\ and :: are :", async () => {
      await storage().setItem("/a//b\\c::d/", "v");
      expect(await storage().getKeys()).toEqual(["a:b:c:d"]);
      expect(await storage().getItem("a:b/c\\d")).toBe("v");
    });

    test("of a prefix storage are its own", async () => {
      const prefixed = prefixStorage(storage(), "app");
      await prefixed.setItem("k", "inside");
      await storage().setItem("k", "outside");
      expect(await prefixed.getKeys()).toEqual(["k"]);
      expect(await storage().getItem("app:k")).toBe("inside");
    });
  });
}

function metaTests({ storage }: Given): void {
  describe("meta data", () => {
    test("tells the time of the last write, and what is left to live", async () => {
      // A header tells whole seconds.
      const before = Math.floor(Date.now() / 1000) * 1000;
      await storage().setItem("k", "v", { ttl: 3600 });
      const { mtime, ttl } = await storage().getMeta("k");
      expect(mtime).toBeInstanceOf(Date);
      expect(mtime?.getTime()).toBeGreaterThanOrEqual(before);
      expect(mtime?.getTime()).toBeLessThanOrEqual(Date.now());
      expect(ttl).toBeGreaterThan(3000);
      expect(ttl).toBeLessThanOrEqual(3600);
      await storage().setItem("k", "v");
      expect((await storage().getMeta("k")).ttl).toBeUndefined();
    });

    test("of one's own stands beside the key, hidden", async () => {
      await storage().setItem("k", "v");
      await storage().setMeta("k", { etag: "x" });
      expect(await storage().getMeta("k")).toMatchObject({ etag: "x" });
      expect(await storage().getKeys()).toEqual(["k"]);
      await storage().removeItem("k", { removeMeta: true });
      expect(await storage().getItem("k$")).toBeNull();
    });
  });
}

function clearTests({ storage, driver }: Given): void {
  describe("clear", () => {
    test("takes everything, hidden keys too, and nothing is no error", async () => {
      await storage().setItem("a", "v");
      await storage().setItem("b:c", "v");
      await storage().setMeta("a", { etag: "x" });
      await storage().clear();
      expect(await storage().getKeys()).toEqual([]);
      expect(await storage().getItem("a$")).toBeNull();
      await storage().clear();
      expect(await storage().getKeys()).toEqual([]);
    });

    test("below a base takes what is there, and nothing else", async () => {
      const keys = ["cache", "cache:a", "cache:b:c", "cache2:a", "other"];
      for (const key of keys) await storage().setItem(key, "v");
      await driver().clear?.("cache:", {});
      expect((await storage().getKeys()).sort()).toEqual([
        "cache",
        "cache2:a",
        "other",
      ]);
    });
  });
}
