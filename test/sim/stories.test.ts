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
  {
    seed: 3290,
    operationCount: 499,
    story:
      "the coordinator of an accept that one replica missed compared the replicas before the others had taken it, and found them alike",
  },
  {
    seed: 3142,
    operationCount: 500,
    story:
      "a member that had left finished a change of a key, one replica missed it, and nobody who stayed knew",
  },
  {
    seed: 23125,
    operationCount: 449,
    story:
      "an eventual get was told the value of a put that had been answered 412: its first attempt had left it with a minority, and the judge did not know",
  },
  {
    seed: 25354,
    operationCount: 426,
    story:
      "a member slept while all whom it knew of left for good, and the simulated operator did not tell it where its ring is",
  },
  {
    seed: 4620,
    operationCount: 322,
    story:
      "a machine lost its disk, its replacement moved some partitions only and then left: the simulated operator forgot the old member",
  },
  {
    seed: 3035,
    operationCount: 467,
    story:
      "a node knew a key by a revision that the key had forgotten, and a stale promise was refused: a write in a healed ring ended unknown",
  },
  {
    seed: 101251,
    operationCount: 500,
    story:
      "a disk said that it had failed to write a tombstone which it had written, and the primary never collected it",
  },
  {
    seed: 113936,
    operationCount: 313,
    story:
      "a member slept while all whom it knew of left, but for one that stood there as another and told it nothing",
  },
  {
    seed: 112704,
    operationCount: 496,
    story:
      "a record rotted after its last reading, and the judge was the first to read it",
  },
  {
    seed: 132518,
    operationCount: 45,
    story:
      "an eventual get was told the number that an increment's first attempt had left with a minority, and the judge knew that of puts only",
  },
] as const;

test.each(stories)("seed $seed: $story", async ({ story: _, ...options }) => {
  expect((await runSeed(options)).violations).toEqual([]);
});
