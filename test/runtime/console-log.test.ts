/** A Worker's log: JSON lines, from a level on. */
import { expect, test } from "vitest";
import { createConsoleLog } from "../../src/runtime/console-log.ts";

test("writes a line for each record of at least its level, errors included", () => {
  const lines: string[] = [];
  const log = createConsoleLog("a", "info", (line) => lines.push(line));
  log.debug("not wanted");
  log.info("said", { epoch: 3 });
  log.error("failed", { error: new TypeError("why") });
  const [said, failed, ...others] = lines.map((line) => JSON.parse(line));
  expect(said).toEqual({ level: "info", message: "said", node: "a", epoch: 3 });
  expect(failed).toMatchObject({ level: "error", node: "a" });
  expect(failed.error).toContain("TypeError: why");
  expect(others).toEqual([]);
});
