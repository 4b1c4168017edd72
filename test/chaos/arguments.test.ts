/** The flags of `npm run chaos`: what is taken, and what is refused. */
import { expect, test } from "vitest";
import { parseArguments } from "../../scripts/chaos/arguments.ts";

test("a minute on sqlite, unless told otherwise", () => {
  expect(parseArguments([])).toMatchObject({
    seconds: 60,
    store: "sqlite",
    clientCount: 8,
    nodeCount: 5,
  });
  const words = "--seconds 5 --store fs --clients 2 --nodes 3 --seed 7";
  expect(parseArguments([...words.split(" "), "--split", "proxies"])).toEqual({
    seconds: 5,
    store: "fs",
    clientCount: 2,
    nodeCount: 3,
    seed: 7,
    split: "proxies",
  });
});

test.each([
  "--seconds 0",
  "--seconds many",
  "--store memory",
  "--clients 0",
  "--nodes 2",
  "--nodes 13",
  "--seed x",
  "--split cables",
  "--unknown",
  "word",
])("%s is refused", (words) => {
  expect(parseArguments(words.split(" "))).toBeUndefined();
});
