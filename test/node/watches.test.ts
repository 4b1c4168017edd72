/** The count of watches when a read of their key meets a defect. */
import { expect, test } from "vitest";
import { ok, type Result } from "../../src/core/errors.ts";
import type { ReadValue } from "../../src/node/api.ts";
import { createWatches, type WatchesParts } from "../../src/node/watches.ts";
import { systemClock, systemRandom } from "./cluster.ts";
import { loneLayout } from "./lone-layout.ts";

function watchesOf(get: () => Promise<Result<ReadValue | undefined>>) {
  const layout = loneLayout({ partitionCount: 1 });
  return createWatches({
    ring: { layout: () => layout, onChange: () => {} },
    get,
    clock: systemClock,
    random: systemRandom,
    log: { debug() {}, info() {}, warn() {}, error() {} },
    renewMs: 60_000,
    countMax: 2,
  } as unknown as WatchesParts);
}

test("a watch whose first read meets a defect does not count any more", async () => {
  const watches = watchesOf(() => Promise.reject(new Error("a defect")));
  for (let times = 0; times < 3; times++)
    await expect(watches.watch("k")).rejects.toThrow("a defect");
  expect(watches.count()).toBe(0);
});

test("a read that waits for one with a defect is made all the same", async () => {
  const first = Promise.withResolvers<Result<undefined>>();
  const answers = [first.promise];
  const watches = watchesOf(
    () => answers.shift() ?? Promise.resolve(ok(undefined)),
  );
  const failing = watches.watch("k");
  const waiting = watches.watch("k");
  first.reject(new Error("a defect"));
  await expect(failing).rejects.toThrow("a defect");
  expect(await waiting).toMatchObject({ ok: true });
  expect(watches.count()).toBe(1);
  watches.end();
});
