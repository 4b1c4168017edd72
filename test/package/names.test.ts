/** In a checkout the package's names are its sources: for tests and types by configuration, for programs by a condition. */
import { execFileSync } from "node:child_process";
import { resolve } from "node:path";
import * as client from "ringwalk/client";
import driver from "ringwalk/driver";
import { expect, test } from "vitest";
import packageJson from "../../package.json" with { type: "json" };
import * as clientSource from "../../src/client/client.ts";
import driverSource from "../../src/driver/driver.ts";

test("tests get the very modules of the sources", () => {
  expect(client.createClient).toBe(clientSource.createClient);
  expect(driver).toBe(driverSource);
});

const names = Object.keys(packageJson.exports)
  .filter((name) => !name.endsWith(".json"))
  .map((name) => name.replace(/^\./, packageJson.name));

test.each(names)("%s is a source for a program with the condition", (name) => {
  const program = `console.log(import.meta.resolve(${JSON.stringify(name)}))`;
  const printed = execFileSync(
    process.execPath,
    ["--conditions=ringwalk-source", "--input-type=module", "--eval", program],
    { encoding: "utf8" },
  );
  expect(printed).toMatch(`file://${resolve("src")}/`);
  expect(printed).toMatch(/\.ts\n$/);
});
