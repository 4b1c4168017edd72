/** A store of two: which records go where, and what the whole promises. */
import { describe, expect, test } from "vitest";
import {
  copyBucket,
  floorBucket,
  nodeBucket,
  partitionBucket,
  systemBucket,
} from "../../src/node/state.ts";
import type { Store } from "../../src/ports.ts";
import { memoryDriver } from "../../src/store/memory-driver.ts";
import { splitStore } from "../../src/store/split-store.ts";
import { createStore } from "../../src/store/store.ts";

async function put(store: Store, bucket: string): Promise<void> {
  const write = new TextEncoder().encode(bucket);
  await store.update(bucket, "k", () => ({ write, result: 0 }));
}

async function has(store: Store, bucket: string): Promise<boolean> {
  return (await store.read(bucket, "k")).kind === "record";
}

function stores() {
  const system = createStore({ driver: memoryDriver() });
  const data = createStore({ driver: memoryDriver(), guarantee: "eventual" });
  return { system, data, store: splitStore({ system, data }) };
}

const systemBuckets = [
  nodeBucket,
  systemBucket(3),
  floorBucket(3),
  copyBucket(0),
];
const dataBuckets = [partitionBucket(0, 0), partitionBucket(12, 65_535)];

describe("a split store", () => {
  test.each(systemBuckets)(
    "keeps %s with the system records",
    async (bucket) => {
      const { system, data, store } = stores();
      await put(store, bucket);
      expect([await has(system, bucket), await has(data, bucket)]).toEqual([
        true,
        false,
      ]);
      expect(await has(store, bucket)).toBe(true);
    },
  );

  test.each(dataBuckets)("keeps %s with the data", async (bucket) => {
    const { system, data, store } = stores();
    await put(store, bucket);
    expect([await has(system, bucket), await has(data, bucket)]).toEqual([
      false,
      true,
    ]);
    const page = await store.scan(bucket, { limit: 9, bytesMax: 99 });
    expect(page.records.map(({ key }) => key)).toEqual(["k"]);
    await store.drop(bucket);
    expect(await has(store, bucket)).toBe(false);
  });

  test("promises of data what the store of data does, and of the rest what the other does", () => {
    expect(stores().store).toMatchObject({
      guarantee: "eventual",
      systemGuarantee: "volatile",
    });
  });

  test("takes no eventual store for system records", () => {
    const { data } = stores();
    expect(() => splitStore({ system: data, data })).toThrow(TypeError);
  });
});
