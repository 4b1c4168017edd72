/** A folder that cannot be written is a clear error, seen from a process without root's rights. */

import { chmodSync, chownSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { openStore } from "../../src/store/open.ts";
import { testFolder } from "./folder.ts";
import { startChild } from "./run-child.ts";

const noRights =
  process.platform === "win32" ? "folders here have no such rights" : undefined;
const isRoot = process.getuid?.() === 0;

function startUnprivileged(task: string, kind: string, folder: string) {
  return startChild({ task, kind, folder, asNobody: isRoot });
}

describe.each(["sqlite", "fs"] as const)(
  "%s, read-only",
  { timeout: 30_000 },
  (kind) => {
    test("refuses to make a store where it may not write", async (context) => {
      if (noRights) return context.skip(noRights);
      const parent = testFolder();
      chmodSync(parent, 0o555);
      const child = startUnprivileged("open", kind, join(parent, "data"));
      await child.ended;
      chmodSync(parent, 0o755);
      expect(child.lines).toEqual([
        expect.stringMatching(/^refused store_read_only .*let this user write/),
      ]);
    });

    test("refuses to open a store that it may not write, and leaves it whole", async (context) => {
      if (noRights) return context.skip(noRights);
      const folder = testFolder();
      const store = await openStore({ kind, folder });
      const put = { write: Uint8Array.of(1), result: undefined };
      await store.update("b", "a", () => put);
      await store.close();

      chmodSync(folder, 0o555);
      const child = startUnprivileged("open", kind, folder);
      await child.ended;
      chmodSync(folder, 0o755);
      expect(child.lines).toEqual([
        expect.stringMatching(/^refused store_read_only /),
      ]);

      const again = await openStore({ kind, folder });
      expect(await again.read("b", "a")).toEqual({
        kind: "record",
        bytes: put.write,
      });
      await again.close();
    });
  },
);

test("fs refuses writes when its folder becomes read-only, and goes on to read", async (context) => {
  if (noRights) return context.skip(noRights);
  const folder = join(testFolder(), "data");
  mkdirSync(folder);
  if (isRoot) chownSync(folder, 65534, 65534);
  const child = startUnprivileged("seal", "fs", folder);
  expect(await child.ended).toBe(0);
  expect(child.lines).toEqual([
    expect.stringMatching(/^refused store_read_only /),
    expect.stringMatching(/^refused store_read_only /),
    "report 1 1 1 1",
  ]);
});
