/** A replica knows when what it holds is due, also when its disk does not say that it holds it. */
import { expect, test } from "vitest";
import { memoryFrom } from "../../src/core/memory.ts";
import type { Store } from "../../src/ports.ts";
import { openStore } from "../../src/store/open.ts";
import { StoreError } from "../../src/store/store-error.ts";
import { loneAcceptor } from "./lone-acceptor.ts";
import { loneLayout } from "./lone-layout.ts";

const ballot = { epoch: 1, counter: 7, proposer: "p" };
const deletedAt = 1_000_000;

test("a tombstone whose write failed, but is on the disk, is looked at when it is due", async () => {
  const disk = await openStore({ kind: "memory" });
  const store: Store = {
    ...disk,
    async update(bucket, key, step) {
      await disk.update(bucket, key, step);
      throw new StoreError("store_failed", "the flush failed");
    },
  };
  const { replica, schedule } = loneAcceptor(store, {
    now: deletedAt,
    tombstoneMsMin: 60_000,
  });
  const layout = loneLayout({ partitionCount: 1 });
  const [member] = layout.members;
  const standing = { layout, memberId: member?.id ?? "", space: 0 };
  const reply = await replica.handle(standing, {
    kind: "accept",
    area: "key",
    key: "k",
    ballot,
    entry: {
      value: null,
      createdAt: 1,
      modifiedAt: deletedAt,
      revision: ballot,
      memory: memoryFrom(ballot),
    },
  });
  expect(reply).toMatchObject({ kind: "abstained", reason: "store-failed" });
  expect(schedule.nextDueAt()).toBe(deletedAt + 60_000);
});
