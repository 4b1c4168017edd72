/** What a node tells of its store: from the first failure until it has worked for a minute, reading and writing apart. */
import { expect, test } from "vitest";
import { watchStore } from "../../src/node/store-watch.ts";
import { openStore } from "../../src/store/open.ts";
import { quiet } from "../http/memory-node.ts";
import { createFailingStore } from "./failing-store.ts";

async function watched() {
  const disk = createFailingStore(await openStore({ kind: "memory" }));
  let now = 5_000;
  const watch = watchStore(disk, { log: quiet, clock: { now: () => now } });
  const write = () =>
    watch.store
      .update("b", "k", () => ({ write: new Uint8Array(1), result: 0 }))
      .catch(() => {});
  return {
    disk,
    watch,
    write,
    read: () => watch.store.read("b", "k").catch(() => {}),
    pass: (ms: number) => {
      now += ms;
    },
  };
}

test("a full disk is told until a write has worked a minute later", async () => {
  const { disk, watch, write, read, pass } = await watched();
  await write();
  expect(watch.ailment()).toBeUndefined();
  disk.failure = { code: "store_full", reads: false };
  await write();
  pass(10);
  await write();
  expect(watch.ailment()).toEqual({
    code: "store_full",
    message: expect.stringMatching(/disk is full: free some space/),
    failureCount: 2,
    lastFailedAt: 5_010,
  });
  // Neither time nor what needs no room on the disk shows that it takes writes again.
  pass(3_600_000);
  await read();
  expect(watch.ailment()).toMatchObject({ code: "store_full" });

  disk.failure = undefined;
  await watch.store.update("b", "k", () => ({ result: 0 }));
  expect(watch.ailment()).toMatchObject({ code: "store_full" });
  await write();
  expect(watch.ailment()).toBeUndefined();
});

test("a store that works again and fails again within a minute goes on to be told", async () => {
  const { disk, watch, write, pass } = await watched();
  disk.failure = { code: "store_full", reads: false };
  await write();
  disk.failure = undefined;
  pass(59_999);
  await write();
  expect(watch.ailment()).toMatchObject({ code: "store_full" });
  pass(1);
  await write();
  expect(watch.ailment()).toBeUndefined();
});
