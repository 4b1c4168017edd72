/** Stored names: one for each key, of an alphabet that nothing folds, in one order everywhere. */

import { DatabaseSync } from "node:sqlite";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  decodeName,
  encodeBucket,
  encodeName,
  isName,
  nameCharsMax,
} from "../../src/store/name.ts";
import { hostileKeys } from "../suite/store-hostile-keys.ts";

const anyKey = fc.oneof(
  fc.constantFrom(...hostileKeys),
  fc.string({ unit: "binary", minLength: 1, maxLength: 256 }),
  fc.string({ unit: "binary-ascii", minLength: 1, maxLength: 1024 }),
  fc.string({ unit: fc.constantFrom("a", "A", "-", "6", "1"), minLength: 1 }),
);

describe("a stored name", () => {
  test.each([
    ["a", "k-a"],
    ["user:123", "k-user-3a123"],
    ["A/b", "k--41-2fb"],
    ["-", "k--2d"],
    ["é", "k--c3-a9"],
    ["\ufeff", "k--ef-bb-bf"],
    ["\u{1f600}", "k--f0-9f-98-80"],
    ["x".repeat(190), `k-${"x".repeat(190)}`],
    [
      "x".repeat(191),
      "h-a4fd143dcb7cb51d322c1e2252027afce63f54209921b670a1991a535d5c17db",
    ],
  ])("never changes, or stores could not be read: %#", (key, name) => {
    expect(encodeName(key)).toBe(name);
  });

  test("tells its key, or is a digest", () => {
    fc.assert(
      fc.property(anyKey, (key) => {
        const name = encodeName(key);
        expect(name).toMatch(/^[a-z0-9]-[a-z0-9-]+$/);
        expect(name.length).toBeLessThanOrEqual(nameCharsMax);
        expect(isName(name)).toBe(true);
        if (name.startsWith("h-")) expect(decodeName(name)).toBeUndefined();
        else expect(decodeName(name)).toBe(key);
      }),
    );
  });

  test("is another for another key", () => {
    const twins = fc
      .tuple(anyKey, fc.nat(), fc.constantFrom("", "a", "A", "-", ":", "\0"))
      .map(([key, at, extra]) => {
        const characters = [...key];
        characters.splice(at % characters.length, 1, extra);
        return [key, characters.join("")] as const;
      })
      .filter(([, twin]) => twin !== "" && Buffer.byteLength(twin) <= 1024);
    fc.assert(
      fc.property(fc.oneof(twins, fc.tuple(anyKey, anyKey)), ([a, b]) => {
        expect(encodeName(a) === encodeName(b)).toBe(a === b);
      }),
    );
    expect(new Set(hostileKeys.map(encodeName)).size).toBe(hostileKeys.length);
  });

  test("has one form: what encodes otherwise is no name", () => {
    for (const text of [
      ..."a|k-|h-|k--|k--6|k--61|k--2D|k-A|k-a:b|k--ff|k--ed-a0-80|k--c1-81|h-abc|x-a".split(
        "|",
      ),
      `k-${"x".repeat(191)}`,
      `h-${"A".repeat(64)}`,
    ]) {
      expect(isName(text), text).toBe(false);
      expect(decodeName(text), text).toBeUndefined();
    }
  });

  test("stands in the same order by code units, by bytes, and in SQLite", () => {
    const database = new DatabaseSync(":memory:");
    database.exec("CREATE TABLE names (name TEXT PRIMARY KEY)");
    const insert = database.prepare("INSERT OR IGNORE INTO names VALUES (?)");
    fc.assert(
      fc.property(fc.array(anyKey, { maxLength: 50 }), (keys) => {
        const names = [...new Set(keys.map(encodeName))];
        database.exec("DELETE FROM names");
        for (const name of names) insert.run(name);
        const bySqlite = database
          .prepare("SELECT name FROM names ORDER BY name")
          .all();
        expect(bySqlite.map(({ name }) => name)).toEqual(names.toSorted());
        expect(
          names.toSorted((a, b) =>
            Buffer.compare(Buffer.from(a), Buffer.from(b)),
          ),
        ).toEqual(names.toSorted());
      }),
      { numRuns: 50 },
    );
    database.close();
  });
});

test("a bucket's segments are joined by colons, as drivers spell keys", () => {
  expect(encodeBucket("node")).toBe("node");
  expect(encodeBucket("r1/p/00af")).toBe("r1:p:00af");
  expect(() => encodeBucket("a".repeat(201))).toThrow(TypeError);
});
