/** A flush that fails leaves the disk unknown: the file driver does no more work until it is opened again. */

import { type PathLike, readdirSync } from "node:fs";
import { join } from "node:path";
import { expect, test, vi } from "vitest";
import { openStore } from "../../src/store/open.ts";
import { put, readBytes } from "../suite/store-access.ts";
import { testFolder } from "./folder.ts";

/** The files whose flush fails now. */
const failing = vi.hoisted(() => ({ path: /^$/ }));

vi.mock(import("node:fs/promises"), async (original) => {
  const real = await original();
  return {
    ...real,
    async open(path: PathLike, ...rest: (string | number | undefined)[]) {
      const file = await Reflect.apply(real.open, real, [path, ...rest]);
      if (failing.path.test(String(path)))
        file.sync = async () => {
          throw Object.assign(new Error("i/o error"), { code: "EIO" });
        };
      return file;
    },
  };
});

test("a record that cannot be flushed is refused, and the old one stays", async () => {
  const folder = testFolder();
  const store = await openStore({ kind: "fs", folder });
  await put(store, "b", "a", Uint8Array.of(1));
  failing.path = /drafts/;
  await expect(put(store, "b", "a", Uint8Array.of(2))).rejects.toMatchObject({
    code: "store_failed",
  });
  failing.path = /^$/;
  expect(readdirSync(join(folder, "drafts"))).toEqual([]);
  expect(await readBytes(store, "b", "a")).toEqual([1]);
  await put(store, "b", "a", Uint8Array.of(3));
  expect(await readBytes(store, "b", "a")).toEqual([3]);
  await store.close();
});

test("a folder that cannot be flushed ends all work, until the store is opened again", async () => {
  const folder = testFolder();
  const store = await openStore({ kind: "fs", folder });
  await put(store, "b", "a", Uint8Array.of(1));
  const failed = { code: "store_failed" };
  failing.path = /records.b$/;
  await expect(put(store, "b", "a", Uint8Array.of(2))).rejects.toMatchObject(
    failed,
  );
  failing.path = /^$/;
  await expect(store.read("b", "a")).rejects.toMatchObject(failed);
  await expect(put(store, "c", "a")).rejects.toMatchObject(failed);
  await expect(store.drop("b")).rejects.toMatchObject(failed);
  await store.close();

  const again = await openStore({ kind: "fs", folder });
  expect(await readBytes(again, "b", "a")).toEqual([2]);
  await again.close();
});
