/** What a driver throws becomes an error with a stable code and a next step. */

import { expect, test } from "vitest";
import { StoreError, toStoreError } from "../../src/store/store-error.ts";

const sqlite = (message: string, errcode?: number) =>
  Object.assign(new Error(message), {
    code: "ERR_SQLITE_ERROR",
    ...(errcode !== undefined && { errcode, errstr: message }),
  });
const system = (code: string) =>
  Object.assign(new Error(`${code}: it failed, open '/x'`), { code });

test.each([
  // As Node.js and Bun throw them, with extended codes, and as Deno does without.
  [sqlite("database is locked", 5), "data_folder_in_use"],
  [sqlite("database is locked"), "data_folder_in_use"],
  [sqlite("attempt to write a readonly database", 1544), "store_read_only"],
  [sqlite("database or disk is full", 13), "store_full"],
  [sqlite("database or disk is full"), "store_full"],
  [sqlite("database disk image is malformed", 267), "store_corrupt"],
  [sqlite("file is not a database"), "store_corrupt"],
  [sqlite("disk I/O error", 778), "store_failed"],
  [system("ENOSPC"), "store_full"],
  [system("EDQUOT"), "store_full"],
  [system("EROFS"), "store_read_only"],
  [system("EACCES"), "store_read_only"],
  [system("EIO"), "store_failed"],
  [new Error("the service is away"), "store_failed"],
  ["a text", "store_failed"],
  [undefined, "store_failed"],
])("%o is %s", (cause, code) => {
  const error = toStoreError(cause, "/data/node-1");
  expect(error).toBeInstanceOf(StoreError);
  expect(error.code).toBe(code);
  expect(error.cause).toBe(cause);
  expect(error.message).toMatch(/^.*\/data\/node-1.*: .+\.$/);
  expect(toStoreError(error, "elsewhere")).toBe(error);
});

test("the message names the reason in few words", () => {
  const reasonOf = (cause: unknown) =>
    /\((.*)\)/.exec(toStoreError(cause, "x").message)?.[1];
  expect(reasonOf(system("EIO"))).toBe("EIO");
  expect(reasonOf(sqlite("disk I/O error", 10))).toBe("disk I/O error");
  expect(reasonOf(sqlite("file is not a database"))).toBe(
    "file is not a database",
  );
  expect(reasonOf(new Error("away"))).toBe("away");
});
