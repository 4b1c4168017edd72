/** The file driver keeps the Store port's promises, and trusts no file that it did not finish. */

import {
  mkdirSync,
  readdirSync,
  readFileSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { fsDriver } from "../../src/store/fs-driver.ts";
import { openStore } from "../../src/store/open.ts";
import { storeSuite } from "../suite/store.ts";
import { put, readBytes, scanAll } from "../suite/store-access.ts";
import { testFolder } from "./folder.ts";
import { startChild } from "./run-child.ts";

storeSuite("fs", { open: (folder) => fsDriver({ folder }) });

const kind = "fs";

test("a file damaged on disk is unreadable at every byte and every length", async () => {
  const folder = testFolder();
  const store = await openStore({ kind, folder });
  await put(store, "r1/p/00af", "user:1", Uint8Array.of(1, 2, 3));
  const file = join(folder, "records/r1/p/00af/k-user-3a1");
  const good = readFileSync(file);
  const kindOf = async () => (await store.read("r1/p/00af", "user:1")).kind;
  for (let at = 0; at < good.length; at++) {
    const flipped = Uint8Array.from(good);
    flipped[at] = (flipped[at] ?? 0) ^ 0x01;
    writeFileSync(file, flipped);
    expect(await kindOf(), `flipped at ${at}`).toBe("unreadable");
  }
  writeFileSync(file, good);
  expect(await kindOf()).toBe("record");
  for (let length = good.length - 1; length >= 0; length--) {
    truncateSync(file, length);
    expect(await kindOf(), `cut to ${length}`).toBe("unreadable");
  }
  expect((await scanAll(store, "r1/p/00af")).map(({ key }) => key)).toEqual([
    "user:1",
  ]);
  await store.close();
});

test("drafts that a crash left are cleared, and strange files are no records", async () => {
  const folder = testFolder();
  const first = await openStore({ kind, folder });
  await put(first, "a", "b", Uint8Array.of(1));
  await first.close();
  writeFileSync(join(folder, "drafts/17"), "half a record");
  writeFileSync(join(folder, "records/a/README"), "not a record");
  writeFileSync(join(folder, "records/a/k-B"), "not a record's name");
  mkdirSync(join(folder, "records/a/k-c"));

  const store = await openStore({ kind, folder });
  expect(readdirSync(join(folder, "drafts"))).toEqual([]);
  expect((await scanAll(store, "a")).map(({ name }) => name)).toEqual(["k-b"]);
  expect(await readBytes(store, "a", "b")).toEqual([1]);
  await store.drop("a");
  expect(await scanAll(store, "a")).toEqual([]);
  await store.close();
});

test("its keys list as unstorage lists them", async () => {
  const driver = fsDriver({ folder: testFolder() });
  for (const item of ["a:b:k-c", "a:b:k-d", "a:k-e", "ab:k-f"])
    await driver.setItemRaw?.(item, Uint8Array.of(1), {});
  const keysUnder = async (base: string) =>
    (await driver.getKeys(base, {})).toSorted();
  expect(await keysUnder("")).toEqual([
    "a:b:k-c",
    "a:b:k-d",
    "a:k-e",
    "ab:k-f",
  ]);
  expect(await keysUnder("a:")).toEqual(["a:b:k-c", "a:b:k-d", "a:k-e"]);
  expect(await keysUnder("a:b:k-d")).toEqual(["a:b:k-d"]);
  expect(await keysUnder("x:")).toEqual([]);
  await expect(driver.getItemRaw?.("../a", {})).rejects.toThrow(TypeError);
  await driver.dispose?.();
});

test("thousands of operations at once open few files", async (context) => {
  if (process.platform === "win32") return context.skip("there is no ulimit");
  const child = startChild({
    task: "crowd",
    kind,
    folder: testFolder(),
    wrapper: ["sh", "-c", 'ulimit -n 120 && exec "$@"', "sh"],
  });
  await child.ended;
  expect(child.lines).toEqual(["done", "done"]);
});
