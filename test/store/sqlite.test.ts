/** The SQLite driver keeps the Store port's promises, and tells a damaged or foreign file from an empty store. */

import { readFileSync, statSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { describe, expect, test } from "vitest";
import { openStore } from "../../src/store/open.ts";
import { sqliteDriver } from "../../src/store/sqlite-driver.ts";
import { storeSuite } from "../suite/store.ts";
import { put, readBytes, scanAll } from "../suite/store-access.ts";
import { testFolder } from "./folder.ts";

storeSuite("sqlite", { open: (folder) => sqliteDriver({ folder }) });

const kind = "sqlite";
const fileIn = (folder: string) => join(folder, "ringwalk.sqlite");

/** A closed store with some hundred records. */
async function filledFolder(): Promise<string> {
  const folder = testFolder();
  const store = await openStore({ kind, folder });
  const write = new Uint8Array(300).fill(7);
  await Promise.all(
    Array.from({ length: 300 }, (_, i) => put(store, "b", `key ${i}`, write)),
  );
  await store.close();
  return folder;
}

describe("records altered by another program while the store was closed", () => {
  test("are unreadable, whichever byte it was", async () => {
    const folder = testFolder();
    const store = await openStore({ kind, folder });
    const keys = Array.from({ length: 40 }, (_, i) => `key ${i + 10}`);
    for (const key of keys) await put(store, "b", key, Uint8Array.of(1, 2, 3));
    await store.close();

    const database = new DatabaseSync(fileIn(folder));
    const rows = database.prepare("SELECT name, value FROM records").all();
    const update = database.prepare(
      "UPDATE records SET value = ? WHERE name = ?",
    );
    let bytesCount = 0;
    for (const [i, { name, value }] of rows.entries()) {
      if (!(value instanceof Uint8Array)) throw new Error("not a BLOB");
      bytesCount = value.length;
      if (i < value.length) value[i] = (value[i] ?? 0) ^ 0x10;
      else if (i === value.length) value.fill(0);
      update.run(
        i > value.length ? value.slice(0, i % 7) : value,
        String(name),
      );
    }
    database.close();
    expect(bytesCount).toBeLessThan(keys.length - 7);

    const again = await openStore({ kind, folder });
    for (const key of keys)
      expect((await again.read("b", key)).kind, key).toBe("unreadable");
    const scanned = await scanAll(again, "b");
    expect(scanned.map(({ key }) => key)).toEqual(keys.toSorted());
    await again.close();
  });
});

describe("a database file", { timeout: 30_000 }, () => {
  test("of another content is store_corrupt, and stays as it is", async () => {
    const folder = testFolder();
    const text = "this was a database once. ".repeat(1000);
    writeFileSync(fileIn(folder), text);
    await expect(openStore({ kind, folder })).rejects.toMatchObject({
      code: "store_corrupt",
      message: expect.stringMatching(/is damaged .* replace itself/),
    });
    expect(readFileSync(fileIn(folder), "utf8")).toBe(text);
  });

  test("with pages overwritten or cut off never gives a wrong value, and never says absent", async () => {
    const pageBytes = 4096;
    const lastPage = statSync(fileIn(await filledFolder())).size / pageBytes;
    for (let page = 2; page <= lastPage + 1; page += 3) {
      const folder = await filledFolder();
      const content = readFileSync(fileIn(folder));
      if (page <= lastPage) {
        content.fill(
          page % 2 ? 0x00 : 0xff,
          (page - 1) * pageBytes,
          page * pageBytes,
        );
        writeFileSync(fileIn(folder), content);
      } else truncateSync(fileIn(folder), content.length / 2);

      const answers = new Set<string>();
      try {
        const store = await openStore({ kind, folder });
        for (let i = 0; i < 300; i++) {
          const answer = await readBytes(store, "b", `key ${i}`).then(
            (bytes) => (bytes.length === 300 ? "right" : "wrong"),
            (error) => error.code ?? error.message,
          );
          answers.add(answer);
        }
        await store.close();
      } catch (error) {
        expect(error).toMatchObject({ code: "store_corrupt" });
        continue;
      }
      expect(answers, `page ${page}`).toContain("store_corrupt");
      answers.delete("right");
      answers.delete("store_corrupt");
      expect([...answers], `page ${page}`).toEqual([]);
    }
  });

  test.each([
    ["another program's", "CREATE TABLE records (a)", /not ringwalk's/],
    [
      "a later release's",
      "PRAGMA application_id = 0x72776c6b; PRAGMA user_version = 2",
      /version 2/,
    ],
  ])("of %s is refused, and stays as it is", async (_, sql, message) => {
    const folder = testFolder();
    const database = new DatabaseSync(fileIn(folder));
    database.exec(sql);
    database.close();
    const before = readFileSync(fileIn(folder));
    await expect(openStore({ kind, folder })).rejects.toMatchObject({
      code: "store_failed",
      message: expect.stringMatching(message),
    });
    expect(readFileSync(fileIn(folder))).toEqual(before);
  });
});

test("writes that arrive together are committed together", async () => {
  const folder = testFolder();
  const store = await openStore({ kind, folder });
  const logBytes = () => statSync(`${fileIn(folder)}-wal`).size;
  await put(store, "b", "a");
  const before = logBytes();
  await put(store, "b", "a", Uint8Array.of(2));
  const one = logBytes() - before;
  await Promise.all(
    Array.from({ length: 20 }, (_, i) => put(store, "b", `a${i}`)),
  );
  expect(one).toBeGreaterThan(0);
  // Twenty small records fill a page or two; alone, each would log its own.
  expect(logBytes() - before - one).toBeLessThan(5 * one);
  await store.close();
});

test("a write that SQLite refuses takes its group with it, and not the next one", async () => {
  const driver = sqliteDriver({ folder: testFolder() });
  const write = (item: string, bytes: unknown) =>
    driver.setItemRaw?.(item, bytes, {});
  const results = await Promise.allSettled([
    write("b:k-a", Uint8Array.of(1)),
    write("b:k-c", "a text in a table of bytes"),
  ]);
  expect(results.map(({ status }) => status)).toEqual(["rejected", "rejected"]);
  await write("b:k-d", Uint8Array.of(1));
  expect(driver.getKeys("", {})).toEqual(["b:k-d"]);
  await driver.dispose?.();
});
