/** How a node gets into its ring by itself: its tries, and what ends them. */
import { expect, test } from "vitest";
import { fail, ok } from "../../src/core/errors.ts";
import {
  type FirstJoinParts,
  joinFirst,
} from "../../src/runtime/first-join.ts";

/** A node whose joins fail so often; every pause is over at once, and noted. */
async function pausesOf(fraction: number, failures: number) {
  const pausesMs: number[] = [];
  let tries = 0;
  let isDone = false;
  const refused = fail("no_quorum", "It is joining another ring itself.");
  const joined = ok({ epoch: 3, members: ["a", "b"], isComplete: true });
  await joinFirst({
    node: {
      status: () => ({ members: [{}] }),
      identity: () => ({}),
      join: async () => (++tries > failures ? joined : refused),
    } as unknown as FirstJoinParts["node"],
    urls: ["http://b"],
    isDone: () => isDone,
    markDone: () => {
      isDone = true;
    },
    clock: {
      now: () => 0,
      timer(delayMs, callback) {
        pausesMs.push(delayMs);
        callback();
        return () => {};
      },
    },
    random: { fraction: () => fraction, bytes: (n) => new Uint8Array(n) },
    log: { debug() {}, info() {}, warn() {}, error() {} },
  });
  expect(isDone).toBe(true);
  return pausesMs;
}

test("its tries become more and more seldom, and differ from another node's", async () => {
  expect(await pausesOf(0, 3)).toEqual([500, 1000, 2000]);
  expect(await pausesOf(0.5, 3)).toEqual([750, 1500, 3000]);
  expect(Math.max(...(await pausesOf(0.99, 20)))).toBeLessThan(60_000);
});
