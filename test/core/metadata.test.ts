/** Metadata: which texts are taken, and what becomes of them. */
import { expect, test } from "vitest";
import { metadataBytesMax } from "../../src/core/limits.ts";
import { metadataError } from "../../src/core/metadata.ts";
import {
  allStates,
  apply,
  increment,
  put,
  remove,
  touch,
} from "./operation-cases.ts";

const ofLength = (length: number) => `{"a":"${"x".repeat(length - 8)}"}`;

test.each([
  "{}",
  ' {"owner": "ada", "n": [1, null]} ',
  ofLength(metadataBytesMax),
])("a JSON object in ASCII is taken: %.40s", (text) => {
  expect(metadataError(text)).toBeUndefined();
});

test.each([
  "",
  "{",
  "null",
  "5",
  '"text"',
  "[]",
  '{"\u00e9":1}',
  '{"a":\t1}',
  '{"a":1}\r\nset-cookie: b',
  ofLength(metadataBytesMax + 1),
])("what is none is refused: %.40j", (text) => {
  expect(metadataError(text)).toMatchObject({
    error: { code: "invalid_metadata" },
  });
});

test("a put brings its own, or clears it, and a delete drops it", () => {
  const metadata = '{"a":1}';
  for (const state of allStates) {
    expect(apply(state, put({ metadata })).entry?.metadata).toBe(metadata);
    expect(apply(state, put()).entry).not.toHaveProperty("metadata");
    expect(apply(state, remove()).entry).not.toHaveProperty("metadata");
  }
});

test("a touch keeps it, and so does an increment that changes nothing", () => {
  const kept = '{"m":1}';
  expect(apply("present", touch()).entry?.metadata).toBe(kept);
  expect(apply("present", increment()).entry?.metadata).toBe(kept);
});

test("an import brings it along", () => {
  const metadata = '{"a":1}';
  const entry = { value: Uint8Array.of(7), createdAt: 1, modifiedAt: 5_000 };
  const imported = { ...entry, metadata };
  expect(
    apply("present", { kind: "import", id: "r:1", entry: imported }).entry,
  ).toMatchObject(imported);
});
