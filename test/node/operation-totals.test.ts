/** What a node tells of clients' operations: keys read and written, and not the walks of listings. */
import { expect, test } from "vitest";
import { ok } from "../../src/core/errors.ts";
import { countOperations } from "../../src/node/meter.ts";
import { createMetrics } from "../../src/node/metrics.ts";

test("a listing is no part of the totals", async () => {
  let nowMs = 0;
  const takes = (ms: number) => async () => {
    nowMs += ms;
    return ok(undefined);
  };
  const node = { get: takes(2), keys: takes(700) };
  const counted = countOperations(
    node as unknown as Parameters<typeof countOperations>[0],
    createMetrics(),
    { now: () => nowMs },
  );
  await counted.get("k");
  await counted.keys({ scope: "ring", limit: 1 });
  expect(counted.totals()).toEqual({ operations: 1, operationMs: 2 });
});
