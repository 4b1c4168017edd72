/** A data folder serves one process at a time, and one kind of store for good. */

import { describe, expect, test } from "vitest";
import { openStore } from "../../src/store/open.ts";
import { testFolder } from "./folder.ts";
import { startChild } from "./run-child.ts";

const kinds = ["sqlite", "fs"] as const;

describe.each(kinds)("a folder of a %s store", { timeout: 30_000 }, (kind) => {
  test("is refused to a second process until the first has ended, however it ended", async () => {
    const folder = testFolder();
    const holder = startChild({ task: "hold", kind, folder });
    await holder.until((line) => line === "open");
    await expect(openStore({ kind, folder })).rejects.toMatchObject({
      name: "StoreError",
      code: "data_folder_in_use",
      message: expect.stringContaining(folder),
    });
    await holder.kill();
    const store = await openStore({ kind, folder });
    const second = startChild({ task: "open", kind, folder });
    await second.ended;
    expect(second.lines).toEqual([
      expect.stringMatching(/^refused data_folder_in_use /),
    ]);
    await store.close();
  });

  test("is refused to a second store of the same process until the first is closed", async () => {
    const folder = testFolder();
    const first = await openStore({ kind, folder });
    await expect(openStore({ kind, folder })).rejects.toMatchObject({
      code: "data_folder_in_use",
    });
    const put = { write: Uint8Array.of(1), result: "still mine" };
    expect(await first.update("b", "a", () => put)).toBe("still mine");
    await first.close();
    const second = await openStore({ kind, folder });
    expect((await second.read("b", "a")).kind).toBe("record");
    await second.close();
  });

  test("is refused to the other kind, for which it would look empty", async () => {
    const folder = testFolder();
    await (await openStore({ kind, folder })).close();
    const other = kind === "fs" ? "sqlite" : "fs";
    await expect(openStore({ kind: other, folder })).rejects.toMatchObject({
      code: "store_failed",
      message: expect.stringContaining(`kind ${kind}`),
    });
  });
});
