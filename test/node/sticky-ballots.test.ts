/** The cache of sticky ballots is bounded by what it keeps alive, not by what it counts. */
import { describe, expect, test } from "vitest";
import { ballotZero } from "../../src/core/ballot.ts";
import type { Entry } from "../../src/core/entry.ts";
import { operationIdsMax } from "../../src/core/limits.ts";
import type { DecidedOperation } from "../../src/core/memory-format.ts";
import {
  createStickyBallots,
  type StickyBallot,
} from "../../src/node/sticky-ballots.ts";
import { encodeMemory } from "../core/memories.ts";

const ballot = { epoch: 1, counter: 1, proposer: "p" };

function stickyOf(
  value: Uint8Array | null,
  operations: readonly DecidedOperation[] = [],
): StickyBallot {
  const entry: Entry = {
    value,
    createdAt: 1,
    modifiedAt: 1,
    revision: ballot,
    memory: encodeMemory({ operations, idsFrom: ballotZero }),
  };
  return { ringId: "r", ballot, entry };
}

const small = Uint8Array.of(1);

describe("sticky ballots", () => {
  test("do not keep the message alive that a value came in", () => {
    const message = new Uint8Array(4 * 2 ** 20).fill(7);
    const sticky = createStickyBallots();
    sticky.put("k", stickyOf(message.subarray(1_000, 1_100)));
    const value = sticky.take("k")?.entry.value;
    expect(value).toEqual(new Uint8Array(100).fill(7));
    expect(value?.buffer.byteLength).toBe(100);
  });

  test("are used once", () => {
    const sticky = createStickyBallots();
    sticky.put("k", stickyOf(small));
    expect(sticky.take("k")).toEqual(stickyOf(small));
    expect(sticky.take("k")).toBeUndefined();
  });

  test("make room for one another, the longest unused first, whatever they hold", () => {
    const ids = Array.from({ length: operationIdsMax }, (_, i) => {
      const id = `client:${i}`;
      return { id, ballot, at: 1, effect: "changed" } as const;
    });
    for (const [held, keptMax] of [
      [stickyOf(new Uint8Array(64 * 1024)), 512],
      // 32 ids take more than a small value does.
      [stickyOf(small, ids), 18_000],
    ] as const) {
      const sticky = createStickyBallots();
      const keys = Array.from({ length: 20_000 }, (_, i) => `k${i}`);
      for (const key of keys) sticky.put(key, held);
      const kept = keys.filter((key) => sticky.take(key));
      expect(kept.length).toBeLessThan(keptMax);
      expect(kept).toEqual(keys.slice(-kept.length));
    }
  });

  test("are not kept with a large value, and a smaller one is forgotten then", () => {
    const sticky = createStickyBallots();
    sticky.put("k", stickyOf(small));
    sticky.put("k", stickyOf(new Uint8Array(64 * 1024 + 1)));
    expect(sticky.take("k")).toBeUndefined();
  });

  test("are not kept with a tombstone, which may be collected before they are used", () => {
    const sticky = createStickyBallots();
    sticky.put("k", stickyOf(small));
    sticky.put("k", stickyOf(null));
    expect(sticky.take("k")).toBeUndefined();
  });

  test("are worth nothing once a higher ballot of the key was taken here", () => {
    const sticky = createStickyBallots();
    sticky.put("k", stickyOf(small));
    sticky.met("k", ballot);
    sticky.met("other", { ...ballot, counter: 9 });
    expect(sticky.take("k")).toEqual(stickyOf(small));
    sticky.put("k", stickyOf(small));
    sticky.met("k", { ...ballot, counter: 2 });
    expect(sticky.take("k")).toBeUndefined();
  });
});
