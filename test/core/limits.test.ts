/** The limits fit one another and the platforms that they stand for (docs/ARCHITECTURE.md; each reason in limits.ts). */
import { describe, expect, test } from "vitest";
import * as limits from "../../src/core/limits.ts";

const MiB = 1024 * 1024;

describe("limits", () => {
  test("are positive numbers", () => {
    for (const [name, value] of Object.entries(limits))
      expect(
        typeof value === "number" && Number.isFinite(value) && value > 0,
        name,
      ).toBe(true);
  });

  test("a tombstone outlives the ids it has to remember (design, section 4)", () => {
    expect(limits.tombstoneMsMin).toBeGreaterThan(limits.idempotencyWindowMs);
    expect(limits.idempotencyWindowMs).toBeGreaterThan(
      limits.operationTimeoutMs,
    );
  });

  test("an operation has time for a peer that does not answer, and for another try", () => {
    expect(limits.operationTimeoutMs).toBeGreaterThan(
      2 * limits.peerCallTimeoutMs,
    );
    expect(limits.peerCallTimeoutMs).toBeGreaterThan(limits.hedgeDelayMs);
    expect(limits.suspicionMsMax).toBeLessThan(limits.operationTimeoutMs);
    expect(limits.suspicionMsMin).toBeLessThanOrEqual(limits.suspicionMsMax);
    expect(limits.retryDelayMsMin).toBeLessThanOrEqual(limits.retryDelayMsMax);
    expect(limits.changeStallMsMax).toBeGreaterThan(limits.operationTimeoutMs);
  });

  test("a message holds the largest value with its entry, and a batch beside it", () => {
    expect(limits.messageBytesMax).toBeGreaterThan(
      limits.valueBytesMax + limits.batchBytesMax,
    );
    expect(limits.valueBytesDefault).toBeLessThanOrEqual(limits.valueBytesMax);
    // The entry beside the value: its ids, content type and times.
    const entryBytes =
      limits.operationIdsMax * 512 + 4 * limits.contentTypeCharactersMax;
    expect(entryBytes + limits.keyBytesMax).toBeLessThan(MiB);
  });

  test("platforms: six calls at once, a row of 2 MB, 25 MiB in KV, a counter that a double counts exactly", () => {
    expect(limits.fanOutMax).toBeLessThanOrEqual(6);
    expect(limits.valueBytesDefault).toBeLessThan(2_000_000);
    expect(limits.valueBytesMax).toBeLessThanOrEqual(25 * MiB);
    expect(limits.counterMax + 1).toBeLessThanOrEqual(Number.MAX_SAFE_INTEGER);
    expect(Number.isInteger(Math.log2(limits.counterMax))).toBe(true);
  });

  test("a page of the longest keys is one message", () => {
    const keyBytes = limits.keyBytesMax + 192 + 256;
    expect(limits.pageKeysMax * keyBytes).toBeLessThan(limits.messageBytesMax);
    expect(limits.pageBytesMax).toBeLessThanOrEqual(limits.batchBytesMax);
  });

  test("defaults stand within their bounds", () => {
    expect(limits.replicaCountDefault).toBeLessThanOrEqual(
      limits.replicaCountMax,
    );
    expect(limits.partitionCountDefault).toBeLessThanOrEqual(
      limits.partitionCountMax,
    );
    // An odd number of deciders: an even one needs one more answer and survives no more failures.
    expect(limits.systemSizeMax % 2).toBe(1);
  });
});
