/** An error that comes at every request is a line a minute, and nothing else is held back. */
import { expect, test } from "vitest";
import { throttleErrors } from "../../src/node/throttled-log.ts";
import type { LogFields } from "../../src/ports.ts";
import { quiet } from "../http/memory-node.ts";

function recorded() {
  const lines: [string, LogFields | undefined][] = [];
  let now = 1_000_000;
  const keep = (message: string, fields?: LogFields) =>
    void lines.push([message, fields]);
  const log = throttleErrors(
    { ...quiet, error: keep, info: keep },
    { now: () => now },
  );
  return {
    log,
    lines,
    pass: (ms: number) => {
      now += ms;
    },
  };
}

test("the same error is told once, and a minute later how often it came", () => {
  const { log, lines, pass } = recorded();
  const fields = { error: "the disk is full" };
  for (let at = 0; at < 1_000; at++) log.error("the store failed", fields);
  pass(59_999);
  log.error("the store failed", fields);
  expect(lines).toEqual([["the store failed", fields]]);
  pass(1);
  log.error("the store failed", fields);
  expect(lines.slice(1)).toEqual([
    ["the store failed", { ...fields, repeated: 1_000 }],
  ]);
  pass(60_000);
  log.error("the store failed", fields);
  expect(lines.slice(2)).toEqual([["the store failed", fields]]);
});

test("another error, and other levels, pass at once", () => {
  const { log, lines } = recorded();
  for (const name of ["a", "b"]) {
    log.error("failed", { name });
    log.error("failed", { name });
    log.info("done", { name });
    log.info("done", { name });
  }
  expect(lines.map(([message]) => message)).toEqual([
    "failed",
    "done",
    "done",
    "failed",
    "done",
    "done",
  ]);
});

test("a clock that is set back silences nothing for longer", () => {
  const { log, lines, pass } = recorded();
  log.error("failed");
  pass(-3_600_000);
  log.error("failed");
  expect(lines).toHaveLength(2);
});

test("what is remembered is bounded: of many errors each is told", () => {
  const { log, lines } = recorded();
  for (let at = 0; at < 1_000; at++) log.error("failed", { at });
  expect(lines).toHaveLength(1_000);
});
