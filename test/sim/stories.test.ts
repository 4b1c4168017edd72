/** Seeds in which something went wrong once, each with its story. */
import { expect, test } from "vitest";
import { runSeed } from "../../src/sim/run-seed.ts";

const stories = [
  {
    seed: 67,
    operationCount: 230,
    story:
      "the replacement of a lost disk moved some partitions only, and to ask for it again was answered ok and did nothing",
  },
  {
    seed: 43,
    operationCount: 430,
    story:
      "a client repeated an operation behind 32 others, when a key has rightly forgotten it, and the judge did not know",
  },
] as const;

test.each(stories)("seed $seed: $story", async ({ story: _, ...options }) => {
  expect((await runSeed(options)).violations).toEqual([]);
});
