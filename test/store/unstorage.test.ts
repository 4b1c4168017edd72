/** Drivers of unstorage, and of the shapes that theirs have, keep the Store port's promises but for their own limits. */

import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { createStorage, type Driver } from "unstorage";
import fsLite from "unstorage/drivers/fs-lite";
import http from "unstorage/drivers/http";
import memory from "unstorage/drivers/memory";
import { createStorageServer } from "unstorage/server";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { memoryDriver } from "../../src/store/memory-driver.ts";
import { storeFromDriver } from "../../src/store/open.ts";
import { createStore } from "../../src/store/store.ts";
import { storeSuite } from "../suite/store.ts";

const forgets = "memory ends with its store";

storeSuite("unstorage memory", {
  open: () => memory(),
  guarantee: "volatile",
  forgets,
});

storeSuite("unstorage fs-lite", {
  open: (folder) => fsLite({ base: folder }),
  guarantee: "durable",
});

/** As the drivers for redis and Workers KV: text alone. */
function textDriver(): Driver {
  const { getItem, hasItem, setItem, removeItem, getKeys } = memory();
  return { name: "text", getItem, hasItem, setItem, removeItem, getKeys };
}

storeSuite("a driver for text", {
  open: textDriver,
  guarantee: "volatile",
  forgets,
});

/** As the drivers for R2 and S3: an ArrayBuffer comes back, and keys are listed as paths. */
function bufferDriver(): Driver {
  const driver = memory();
  return {
    ...driver,
    getItemRaw: async (key, options) => {
      const value = await driver.getItemRaw?.(key, options);
      return value instanceof Uint8Array ? value.slice().buffer : value;
    },
    getKeys: async (base, options) =>
      (await driver.getKeys(base, options)).map((key) =>
        key.replaceAll(":", "/"),
      ),
  };
}

storeSuite("a driver that returns buffers", {
  open: bufferDriver,
  guarantee: "volatile",
  forgets,
});

describe("a driver", () => {
  const put = { write: Uint8Array.of(1), result: undefined };
  const guarantee = "volatile";

  test("of unstorage needs someone to say what it guarantees", () => {
    expect(() => createStore({ driver: memory() })).toThrow(TypeError);
    expect(storeFromDriver(memory(), { guarantee }).guarantee).toBe(guarantee);
    expect(createStore({ driver: memoryDriver() }).guarantee).toBe("volatile");
  });

  test("that returns its errors, as unstorage's fs does, fails as one that throws them", async () => {
    const full = Object.assign(new Error("no space"), { code: "ENOSPC" });
    const denied = Object.assign(new Error("denied"), { code: "EACCES" });
    const driver: Driver = {
      ...memory(),
      getItemRaw: (key) => (key.includes("denied") ? denied : null),
      setItemRaw: async () => full as unknown as undefined,
    };
    const store = storeFromDriver(driver, { guarantee });
    await expect(store.read("b", "denied")).rejects.toMatchObject({
      code: "store_read_only",
      cause: denied,
    });
    await expect(store.update("b", "a", () => put)).rejects.toMatchObject({
      code: "store_full",
    });
    expect(await store.read("b", "a")).toEqual({ kind: "absent" });
  });

  test("that returns something else than bytes has an unreadable record", async () => {
    const others = [{}, 7, true, "text", "base64:?", [1, 2]];
    for (const other of others) {
      const driver = { ...memory(), getItemRaw: () => other };
      const store = storeFromDriver(driver, { guarantee });
      expect(await store.read("b", "a")).toMatchObject({ kind: "unreadable" });
    }
  });

  test("that cannot write says so", async () => {
    const { getItem, hasItem, getKeys } = memory();
    const driver = { name: "readable", getItem, hasItem, getKeys };
    const store = storeFromDriver(driver, { guarantee });
    expect(await store.read("b", "a")).toEqual({ kind: "absent" });
    await expect(store.update("b", "a", () => put)).rejects.toMatchObject({
      code: "store_read_only",
      message: expect.stringContaining("readable"),
    });
  });

  test("of ours serves unstorage itself", async () => {
    const storage = createStorage({ driver: memoryDriver() });
    await storage.setItem("a:b", { c: 1 });
    await storage.setItem("text", "d");
    expect(await storage.getItem("a:b")).toEqual({ c: 1 });
    expect(await storage.hasItem("a:x")).toBe(false);
    expect((await storage.getKeys()).toSorted()).toEqual(["a:b", "text"]);
    expect(await storage.getKeys("a")).toEqual(["a:b"]);
    await storage.removeItem("text");
    expect(await storage.hasItem("text")).toBe(false);
  });
});

describe("unstorage over HTTP", () => {
  const storage = createStorage({ driver: memory() });
  const server = createServer(createStorageServer(storage).handle);
  let base = "";
  beforeAll(async () => {
    await new Promise<void>((resolve) =>
      server.listen(0, "127.0.0.1", resolve),
    );
    base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterAll(() => new Promise((resolve) => server.close(resolve)));

  test("finds absence, keeps bytes, lists and drops", async () => {
    const store = storeFromDriver(http({ base }), { guarantee: "volatile" });
    expect(await store.read("b", "a")).toEqual({ kind: "absent" });
    const write = Uint8Array.from({ length: 256 }, (_, i) => i);
    for (const key of ["a", "a/b", "..", "A"])
      await store.update("b", key, () => ({ write, result: undefined }));
    for (const key of ["a", "a/b", "..", "A"])
      expect(await store.read("b", key)).toEqual({
        kind: "record",
        bytes: write,
      });
    const limits = { limit: 10, bytesMax: 1e6 };
    expect((await store.scan("b", limits)).records).toHaveLength(4);
    await store.drop("b");
    expect(await store.scan("b", limits)).toEqual({ records: [] });
  });
});
