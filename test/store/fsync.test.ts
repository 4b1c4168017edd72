/** Between a write's arrival and its acknowledgement its bytes are flushed to disk, as the system itself saw it. */

import { readFileSync, realpathSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { testFolder } from "./folder.ts";
import { startChild } from "./run-child.ts";
import {
  type SystemCall,
  straceMissing,
  straceWrapper,
  systemCalls,
} from "./strace.ts";

const missing = straceMissing();

/** Traces a child; what it did successfully between saying that it starts a step and that it has done it. */
async function traceSteps(task: string, kind: string, parent: string) {
  const folder = join(parent, "data");
  const log = join(parent, "strace.log");
  const wrapper = straceWrapper(log);
  const child = startChild({ task, kind, folder, wrapper });
  expect(await child.ended).toBe(0);

  const calls = systemCalls(readFileSync(log, "utf8"));
  const said = (words: string) =>
    calls.findIndex(
      (call) =>
        call.name === "write" && call.arguments.includes(`"${words}\\n"`),
    );
  return (step: string): string[] => {
    const [start, ack] = [said(`start ${step}`), said(`ack ${step}`)];
    expect(start).toBeGreaterThan(-1);
    expect(ack).toBeGreaterThan(start);
    return calls.slice(start, ack).flatMap((call) => summary(call, folder));
  };
}

/** Starts a store in the folder and kills it while it writes. */
async function killWriter(kind: string, parent: string): Promise<void> {
  const folder = join(parent, "data");
  const writer = startChild({ task: "write", kind, folder });
  await writer.until((line) => line.startsWith("ack 0"));
  await writer.kill();
}

/** `flush FILE`, `rename FILE FILE` or `unlink FILE`, where it succeeded. */
function summary(call: SystemCall, folder: string): string[] {
  if (call.result !== "0") return [];
  const named = call.arguments.replace(/AT_FDCWD<[^>]*>/g, "");
  const files = [...named.matchAll(/["<]([^">]+)[">]/g)]
    .map(([, path = ""]) => path.replace(`${folder}/`, ""))
    .map((path) => path.replace(/^drafts\/\d+$/, "DRAFT"));
  const name = call.name.replace(/^f(data)?sync$/, "flush");
  return [[name.replace(/at2?$/, ""), ...files].join(" ")];
}

const title = missing ? `fsync (${missing})` : "fsync";

describe.skipIf(missing)(title, { timeout: 30_000 }, () => {
  const parent = () => realpathSync(testFolder());

  test("sqlite flushes its log before it acknowledges", async () => {
    const between = await traceSteps("steps", "sqlite", parent());
    for (const step of ["create", "replace", "delete"])
      expect(between(step), step).toContain("flush ringwalk.sqlite-wal");
  });

  test("fs flushes the new file, renames it and flushes the folder before it acknowledges", async () => {
    const between = await traceSteps("steps", "fs", parent());
    for (const step of ["create", "replace"])
      expect(between(step), step).toEqual([
        "flush DRAFT",
        "rename DRAFT records/r1/p/00af/k-a",
        "flush records/r1/p/00af",
      ]);
    expect(between("delete")).toEqual([
      "unlink records/r1/p/00af/k-a",
      "flush records/r1/p/00af",
    ]);
  });

  test("sqlite flushes what a killed process wrote before anyone reads it", async () => {
    const folder = parent();
    await killWriter("sqlite", folder);
    const between = await traceSteps("look", "sqlite", folder);
    expect(between("open")).toContain("flush ringwalk.sqlite-wal");
  });

  test("fs flushes what a killed process renamed before anyone reads it", async () => {
    const folder = parent();
    await killWriter("fs", folder);
    const between = await traceSteps("look", "fs", folder);
    expect(between("read")).toEqual([
      "flush records/r1/p",
      "flush records/r1/p/00af",
    ]);
  });
});
