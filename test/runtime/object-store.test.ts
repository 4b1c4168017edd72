/** What a node's store tells the object's life: whatever may leave something unfinished, before it does. */
import { expect, test } from "vitest";
import type {
  KvNamespace,
  ObjectStorage,
} from "../../src/runtime/cloudflare.ts";
import { openObjectStore } from "../../src/runtime/object-store.ts";
import { systemClock } from "../../src/runtime/system-ports.ts";

/** An object whose rows are all absent. */
const storage: ObjectStorage = {
  sql: { exec: () => Object.assign([], { rowsWritten: 0 }) },
  kv: { get: () => undefined, put() {}, delete: () => false },
  transactionSync: (run) => run(),
  setAlarm: async () => {},
  sync: async () => {},
};

function scene(kv?: KvNamespace) {
  let writes = 0;
  const life = { wrote: () => void writes++ };
  const store = openObjectStore({
    storage,
    life,
    clock: systemClock,
    kv,
    name: "a",
  });
  return { store, writes: () => writes };
}

test("a write to KV is told before KV is read, a read never", async () => {
  const read = Promise.withResolvers<string | null>();
  const kv: KvNamespace = {
    get: () => read.promise,
    put: async () => {},
    delete: async () => {},
    list: async () => ({ keys: [], list_complete: true }),
  };
  const { store, writes } = scene(kv);
  const reading = store.read("r0/p/0001", "k");
  expect(writes()).toBe(0);
  const write = new Uint8Array([1]);
  const writing = store.update("r0/p/0001", "k", () => ({ write, result: 0 }));
  expect(writes()).toBe(1);
  read.resolve(null);
  await Promise.all([reading, writing]);
});

test("a dropped bucket is told", async () => {
  const { store, writes } = scene();
  await store.drop("r0/p/0001");
  expect(writes()).toBe(1);
});
