/** The log: silent until it is configured, then one record a line with its fields. */
import { resetSync } from "@logtape/logtape";
import { afterEach, expect, test } from "vitest";
import { configureLog, createLog } from "../../src/runtime/log.ts";

afterEach(() => resetSync());

test("records are JSON lines with the node's name and their fields", () => {
  const lines: string[] = [];
  configureLog({
    level: "info",
    format: "json",
    write: (line) => lines.push(line),
  });
  const log = createLog("node-8000");
  log.debug("not told");
  log.info("listening", { url: "http://127.0.0.1:8000", count: 2 });
  log.warn("odd");
  log.error("broken", { error: new Error("why") });
  expect(lines.map((line) => JSON.parse(line))).toMatchObject([
    {
      level: "INFO",
      message: "listening",
      node: "node-8000",
      url: "http://127.0.0.1:8000",
      count: 2,
    },
    { level: "WARN", message: "odd", node: "node-8000" },
    { level: "ERROR", message: "broken", error: { message: "why" } },
  ]);
});

test("as text, each record is one line of pairs, whatever its values hold", () => {
  const lines: string[] = [];
  configureLog({
    level: "debug",
    format: "text",
    write: (line) => lines.push(line),
  });
  createLog("a").debug("told", { key: "two\r\nlines = 1" });
  expect(lines).toHaveLength(1);
  expect(lines[0]).toMatch(
    /^time=\S+ level=debug .*msg=told node=a key="two\\r\\nlines = 1"$/,
  );
});

test("before it is configured, nothing is written, and nothing fails", () => {
  expect(() => createLog("a").error("unheard")).not.toThrow();
});
