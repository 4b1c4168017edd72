/** A line to paste begins with what the user has: the command of a project, of the machine, or a file. */
import { join } from "node:path";
import { expect, test } from "vitest";
import { commandName } from "../../src/cli/command-name.ts";

test.each([
  [
    "installed in a project",
    "/home/a/shop/node_modules/.bin/ringwalk",
    "npx ringwalk",
  ],
  ["installed for all", "/usr/local/bin/ringwalk", "ringwalk"],
  ["a standalone binary", "/$bunfs/root/ringwalk", "ringwalk"],
  [
    "a checkout",
    join(process.cwd(), "bin/ringwalk.mjs"),
    "node bin/ringwalk.mjs",
  ],
])("%s", (_, program, name) => {
  expect(commandName(program)).toBe(name);
});
