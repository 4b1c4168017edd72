/** A full disk is a clear error: nothing is acknowledged, nothing is lost, and writes go on when there is space. */

import { spawnSync } from "node:child_process";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { testFolder } from "./folder.ts";
import { startChild } from "./run-child.ts";

/** Runs a command where the folder is a small disk of its own, which ends with the command. */
const onSmallDisk = (folder: string) => [
  "unshare",
  ...(process.getuid?.() === 0 ? ["-m"] : ["-U", "-r", "-m"]),
  "sh",
  "-c",
  'mount -t tmpfs -o size=6m none "$0" && exec "$@"',
  folder,
];

/** Runs a command that can make no file larger than some MiB; for machines that let nobody mount. */
const withSmallFiles = ["sh", "-c", 'ulimit -f 4096 && exec "$@"', "sh"];

function works([command = "", ...args]: readonly string[]): boolean {
  return spawnSync(command, [...args, "true"]).status === 0;
}

/** The numbers of a child's report: acknowledged, right, in the bucket, readable. */
function numbersOf(report: string | undefined): number[] {
  expect(report).toMatch(/^report /);
  return (report ?? "").split(" ").slice(1).map(Number);
}

describe.each(["sqlite", "fs"] as const)(
  "a full disk under %s",
  { timeout: 30_000 },
  (kind) => {
    test("refuses writes with store_full, keeps what it has, and goes on when space is freed", async (context) => {
      const disk = join(testFolder(), "disk");
      mkdirSync(disk);
      const wrapper = onSmallDisk(disk);
      if (!works(wrapper)) return context.skip("no tmpfs can be mounted here");

      const folder = join(disk, "data");
      const child = startChild({ task: "fill", kind, folder, wrapper });
      expect(await child.ended).toBe(0);
      const [refused, refusedToo, full, stillFull, freed, after] = child.lines;
      expect(refused).toMatch(/^refused store_full .* free some/);
      expect(refusedToo).toMatch(/^refused store_full /);
      expect(freed).toBe("done");

      const [count = 0, ...whenFull] = numbersOf(full);
      expect(count).toBeGreaterThan(10);
      expect(whenFull).toEqual([count, count, count]);
      expect(stillFull).toBe(full);
      expect(numbersOf(after)).toEqual([count, count, count + 1, count + 1]);
    });

    test("refuses writes too where the system limits the size of a file", async (context) => {
      if (kind === "fs") return context.skip("its files are its records");
      if (!works(withSmallFiles))
        return context.skip("there is no ulimit here");
      const folder = join(testFolder(), "data");
      const wrapper = withSmallFiles;
      const child = startChild({ task: "fill", kind, folder, wrapper });
      expect(await child.ended).toBe(0);
      const [refused, refusedToo, full, reopened] = child.lines;
      expect(refused).toMatch(/^refused store_(full|failed) /);
      expect(refusedToo).toMatch(/^refused store_(full|failed) /);
      const [count = 0, ...whenFull] = numbersOf(full);
      expect(count).toBeGreaterThan(10);
      expect(whenFull).toEqual([count, count, count]);
      expect(numbersOf(reopened).slice(0, 2)).toEqual([count, count]);
    });
  },
);
