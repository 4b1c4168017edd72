/** The virtual disk: what it keeps and loses at a crash, how it fails, and that the store runs over it as over any. */
import { describe, expect, test } from "vitest";
import { createDisk } from "../../src/sim/disk.ts";
import type { DiskFaults } from "../../src/sim/disk-faults.ts";
import { createProcess } from "../../src/sim/process.ts";
import { createScheduler } from "../../src/sim/scheduler.ts";
import { createStore } from "../../src/store/store.ts";

const text = (bytes: unknown) =>
  bytes instanceof Uint8Array ? new TextDecoder().decode(bytes) : bytes;
const bytes = (value: string) => new TextEncoder().encode(value);

function setUp(faults: Partial<DiskFaults> = {}, seed: number | string = 1) {
  const scheduler = createScheduler({ seed });
  const disk = createDisk({ name: "a", scheduler, faults });
  const process = createProcess({ name: "a", scheduler });
  const open = () => {
    const driver = disk.driver(process.start());
    return {
      get: async (item: string) => text(await driver.getItemRaw?.(item, {})),
      set: (item: string, value: string) =>
        Promise.resolve(driver.setItemRaw?.(item, bytes(value), {})),
      remove: (item: string) => Promise.resolve(driver.removeItem?.(item, {})),
      driver,
    };
  };
  return { scheduler, disk, process, open };
}

describe("a good disk", () => {
  test("keeps, overwrites, lists and removes, and takes its time to write", async () => {
    const { scheduler, disk, open } = setUp({ writeMsMin: 2, writeMsMax: 3 });
    const { get, set, remove, driver } = open();
    expect(await get("p:1:a")).toBeNull();
    await scheduler.settle(set("p:1:a", "one"));
    expect(scheduler.now()).toBeGreaterThanOrEqual(2);
    await scheduler.settle(
      Promise.all([set("p:1:b", "two"), set("p:2:c", "three")]),
    );
    await scheduler.settle(set("p:1:a", "four"));
    expect(await get("p:1:a")).toBe("four");
    expect(disk.items()).toEqual(["p:1:a", "p:1:b", "p:2:c"]);
    expect(await driver.getKeys("p:1", {})).toEqual(["p:1:a", "p:1:b"]);
    expect(await driver.listNames?.("p:1")).toEqual(["a", "b"]);
    expect([...(driver.scanBucket?.("p:1", "a") ?? [])]).toEqual([
      { name: "b", bytes: bytes("two") },
    ]);
    await scheduler.settle(remove("p:1:a"));
    expect(await get("p:1:a")).toBeNull();
    await scheduler.settle(Promise.resolve(driver.clear?.("p:1", {})));
    expect(disk.items()).toEqual(["p:2:c"]);
  });

  test("hands out copies, and keeps one", async () => {
    const { scheduler, open } = setUp();
    const { driver, get } = open();
    const written = bytes("abc");
    const writing = Promise.resolve(driver.setItemRaw?.("b:k", written, {}));
    written.fill(0);
    await scheduler.settle(writing);
    const read = await driver.getItemRaw?.("b:k", {});
    if (read instanceof Uint8Array) read.fill(0);
    for (const row of driver.scanBucket?.("b", "") ?? []) row.bytes.fill(0);
    expect(await get("b:k")).toBe("abc");
  });

  test("a reader beside a write gets the old record until the new one is kept", async () => {
    const { scheduler, open } = setUp();
    const { get, set } = open();
    await scheduler.settle(set("b:k", "old"));
    const writing = set("b:k", "new");
    expect(await get("b:k")).toBe("old");
    await scheduler.settle(writing);
    expect(await get("b:k")).toBe("new");
  });

  test("writes of one record keep their order, whatever time each takes", async () => {
    const { scheduler, open } = setUp({ writeMsMin: 0, writeMsMax: 50 });
    const { get, set } = open();
    const values = Array.from({ length: 30 }, (_, index) => String(index));
    await scheduler.settle(
      Promise.all(values.map((value) => set("b:k", value))),
    );
    expect(await get("b:k")).toBe("29");
  });

  test("reads take time where it is told to", async () => {
    const { scheduler, disk, open } = setUp({
      readMsMin: 3,
      readMsMax: 4,
      slowShare: 0.5,
      slowMsMax: 100,
    });
    const { get } = open();
    await scheduler.settle(get("b:k"));
    expect(scheduler.now()).toBeGreaterThanOrEqual(3);
    for (let count = 0; count < 20; count++) await scheduler.settle(get("b:k"));
    expect(disk.counters().slow).toBeGreaterThan(3);
  });
});

describe("a crash", () => {
  test("keeps what was answered; what was not is there or not", async () => {
    const outcomes = new Set<unknown>();
    for (let seed = 0; seed < 20; seed++) {
      const { scheduler, disk, process, open } = setUp({}, seed);
      const before = open();
      await scheduler.settle(before.set("b:old", "kept"));
      let answers = 0;
      void before.set("b:new", "perhaps").then(() => answers++);
      void before.remove("b:old").then(() => answers++);
      process.crash();
      await scheduler.run();
      expect(answers).toBe(0);
      const after = open();
      const found = [await after.get("b:old"), await after.get("b:new")];
      outcomes.add(JSON.stringify(found));
      const { kept, lost } = disk.counters();
      expect(kept + lost).toBe(2);
    }
    expect([...outcomes].sort()).toEqual([
      '["kept","perhaps"]',
      '["kept",null]',
      '[null,"perhaps"]',
      "[null,null]",
    ]);
  });

  test("tears a record that was being written, and no other", async () => {
    const found = new Set<unknown>();
    for (let seed = 0; seed < 40; seed++) {
      const { scheduler, disk, process, open } = setUp(
        { keptShare: 1, tornShare: 1 },
        seed,
      );
      const before = open();
      await scheduler.settle(
        Promise.all([before.set("b:k", "aaaa"), before.set("b:other", "aaaa")]),
      );
      void before.set("b:k", "bbbb");
      process.crash();
      const after = open();
      found.add(await after.get("b:k"));
      expect(await after.get("b:other")).toBe("aaaa");
      expect(disk.counters().torn).toBe(1);
    }
    expect([...found].every((value) => /^b*a*$/.test(String(value)))).toBe(
      true,
    );
    expect(found).toContain("bbaa");
    expect(found).toContain("bb");
  });

  test("undoes answered writes on a disk that lies, until they are durable", async () => {
    const { scheduler, disk, process, open } = setUp({
      lieMs: 100,
      keptShare: 0,
    });
    const first = open();
    await scheduler.settle(first.set("b:k", "one"));
    await scheduler.run({ untilMs: 1_000 });
    await scheduler.settle(first.set("b:k", "two"));
    await scheduler.settle(first.set("b:k", "three"));
    await scheduler.settle(first.set("b:new", "four"));
    expect(await first.get("b:k")).toBe("three");
    process.crash();
    const second = open();
    expect(await second.get("b:k")).toBe("one");
    expect(await second.get("b:new")).toBeNull();
    expect(disk.counters().undone).toBe(2);
    process.crash();
    expect(await open().get("b:k")).toBe("one");
  });

  test("leaves a new life alone: what the old one began does not end in it", async () => {
    const { scheduler, disk, process, open } = setUp({
      keptShare: 0,
      writeMsMin: 10,
      writeMsMax: 10,
    });
    const old = open();
    void old.set("b:k", "old");
    process.crash();
    const fresh = open();
    await scheduler.settle(fresh.set("b:k", "new"));
    void old.set("b:k", "from the dead");
    await scheduler.run();
    expect(await fresh.get("b:k")).toBe("new");
    expect(disk.counters().lost).toBe(1);
  });
});

describe("a bad disk", () => {
  test("is full: what makes it fuller is refused, what is there stays, and room helps", async () => {
    const { scheduler, disk, open } = setUp({ capacityBytes: 10 });
    const { get, set, remove } = open();
    await scheduler.settle(set("b:k", "12345678"));
    await expect(scheduler.settle(set("b:other", "abc"))).rejects.toMatchObject(
      { code: "ENOSPC" },
    );
    await scheduler.settle(set("b:k", "1234"));
    await scheduler.settle(set("b:other", "abc"));
    await expect(
      scheduler.settle(set("b:k", "12345678")),
    ).rejects.toMatchObject({ code: "ENOSPC" });
    expect(await get("b:k")).toBe("1234");
    await scheduler.settle(remove("b:k"));
    disk.setFaults({ capacityBytes: Infinity });
    await scheduler.settle(set("b:more", "123456789012"));
    expect(disk.counters().full).toBe(2);
  });

  test("fails to read and to write; such a write may have happened", async () => {
    const { scheduler, disk, open } = setUp();
    const { get, set } = open();
    disk.setFaults({ writeErrorShare: 1 });
    for (let index = 0; index < 40; index++)
      await expect(
        scheduler.settle(set(`b:${index}`, "x")),
      ).rejects.toMatchObject({ code: "EIO" });
    expect(disk.items().length).toBeGreaterThan(5);
    expect(disk.items().length).toBeLessThan(35);
    disk.setFaults({ readErrorShare: 1 });
    await expect(get("b:0")).rejects.toMatchObject({ code: "EIO" });
    expect(disk.counters()).toMatchObject({
      "write-error": 40,
      "read-error": 1,
    });
  });

  test("flips one bit of one record among those that qualify", async () => {
    const { scheduler, disk, open } = setUp();
    const { driver, set } = open();
    expect(disk.flipBit()).toBeUndefined();
    await scheduler.settle(
      Promise.all([set("a:k", "aaaa"), set("b:k", "bbbb")]),
    );
    expect(disk.flipBit((item) => item.startsWith("b:"))).toBe("b:k");
    const flipped = await driver.getItemRaw?.("b:k", {});
    if (!(flipped instanceof Uint8Array)) throw new Error("no bytes");
    const differing = [...flipped].map((byte) => byte ^ 0x62);
    expect(differing.filter((byte) => byte !== 0)).toHaveLength(1);
    expect(Math.log2(Math.max(...differing)) % 1).toBe(0);
    expect(text(await driver.getItemRaw?.("a:k", {}))).toBe("aaaa");
    expect(disk.counters()["bit-flipped"]).toBe(1);
  });

  test("is replaced by an empty one", async () => {
    const { scheduler, disk, process, open } = setUp();
    await scheduler.settle(open().set("b:k", "x"));
    process.crash();
    disk.wipe();
    expect(await open().get("b:k")).toBeNull();
    expect(disk.items()).toEqual([]);
  });
});

describe("the store over it", () => {
  test("keeps its records through a crash, and finds the damaged one", async () => {
    const { scheduler, disk, process } = setUp();
    const first = createStore({ driver: disk.driver(process.start()) });
    expect(first.guarantee).toBe("durable");
    const write = (key: string) =>
      first.update("p/1", key, () => ({ write: bytes(key), result: key }));
    await scheduler.settle(Promise.all(["a", "b", "c"].map(write)));
    process.crash();
    disk.flipBit();
    const second = createStore({ driver: disk.driver(process.start()) });
    const page = await scheduler.settle(
      second.scan("p/1", { limit: 10, bytesMax: 1e6 }),
    );
    const kinds = page.records.map(({ stored }) => stored.kind).sort();
    expect(kinds).toEqual(["record", "record", "unreadable"]);
  });
});
