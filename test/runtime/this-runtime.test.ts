/** The runtime that these tests run on is the one that is told apart, and starts scripts of its own kind. */
import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { scriptCommand } from "../../src/runtime/this-runtime.ts";
import { testFolder } from "../store/folder.ts";

/** Given by runtimes.test.ts, which runs this file on each. */
const expected = process.env.RINGWALK_TEST_RUNTIME ?? "nodejs";
const global = { nodejs: undefined, bun: "Bun", deno: "Deno" }[expected];
const tell = `[..."Bun Deno".split(" ")].find((name) => name in globalThis)`;

test("these tests run where they are meant to", () => {
  expect(["Bun", "Deno"].find((name) => name in globalThis)).toBe(global);
});

test("a script started by the command runs there too, with its arguments", () => {
  const file = join(testFolder(), "script.ts");
  writeFileSync(
    file,
    `const found: string | undefined = ${tell}; console.log(String(found), process.argv[2]);`,
  );
  const [command, ...args] = scriptCommand();
  const output = execFileSync(command, [...args, file, "--argument"]);
  expect(output.toString().trim()).toBe(`${global} --argument`);
});
