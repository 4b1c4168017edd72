/** The simulator's command line: a run of no seed would look like a good one, and is refused. */
import { expect, test } from "vitest";
import { parseArguments } from "../../src/sim/arguments.ts";

const parsed = (line: string) => parseArguments(line.split(" "));

test("seeds are one, or a range", () => {
  expect(parsed("--seed 7")).toMatchObject({ first: 7, last: 7 });
  expect(parsed("--seeds 3-5")).toMatchObject({ first: 3, last: 5 });
  expect(parsed("--minutes 2")).toMatchObject({ first: 1, hasSeeds: false });
});

test.each([
  ["nothing", ""],
  ["no range", "--seeds 7"],
  ["an empty range", "--seeds 5-3"],
  ["a seed that has no next", "--seed 99999999999999999999"],
  ["one seed and many", "--seed 1 --seeds 1-2"],
  ["a ring of two", "--seed 1 --nodes 2"],
  ["a ring of thirteen", "--seed 1 --nodes 13"],
  ["no operations", "--seed 1 --operations 0"],
  ["no time", "--minutes 0"],
  ["a flag that there is none of", "--sed 1"],
])("it refuses %s", (_, line) => {
  expect(parsed(line)).toBeUndefined();
});
