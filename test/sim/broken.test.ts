/** Every rule that is broken on purpose is noticed by the simulator, within the variant's own seeds. */
import { expect, test } from "vitest";
import { variants } from "../../src/sim/broken/variants.ts";
import { start } from "../cli/processes.ts";

const simulate = (...words: readonly string[]) =>
  start(["--jobs", "1", ...words], { command: ["src/sim/main.ts"] }).finished;

const caught = Object.entries(variants).filter(([, { rare }]) => !rare);

test.each(caught.map(([name, { story }]) => ({ name, story })))(
  "$name: $story",
  async ({ name }) => {
    const { code, stdout } = await simulate("--broken", name);
    expect(stdout).toMatch(/, [1-9]\d* violations\n$/);
    expect(stdout).toContain("replay with: npm run sim -- --seed");
    expect(code).toBe(1);
  },
);

test("the command lists the variants, one a line", async () => {
  const { code, stdout } = await simulate("--broken", "list");
  expect(stdout.trimEnd().split("\n")).toEqual(Object.keys(variants));
  expect(code).toBe(0);
});

test("it refuses a variant that there is none of", async () => {
  const { code, stderr } = await simulate("--broken", "nothing");
  expect(stderr).toContain("There is no variant nothing");
  expect(code).toBe(2);
});
