/** What a key may be: any UTF-8 string of 1 to 1,024 bytes (design, section 6). */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { keyError } from "../../src/core/key.ts";
import { keyBytesMax } from "../../src/core/limits.ts";
import { check } from "./check.ts";

describe("keyError", () => {
  test("takes every well-formed string of 1 to 1,024 UTF-8 bytes, and no longer one", () => {
    const text = fc.oneof(
      fc.string({ unit: "binary", maxLength: 40 }),
      // Around the limit, in characters of one to four bytes.
      fc
        .tuple(
          fc.constantFrom("a", "é", "東", "👩"),
          fc.integer({ min: 250, max: 1030 }),
          fc.constantFrom("", "a", "ab", "abc"),
        )
        .map(([unit, count, end]) => unit.repeat(count) + end),
    );
    check(
      fc.property(text, (key) => {
        const bytes = Buffer.byteLength(key, "utf8");
        const isKey = bytes >= 1 && bytes <= keyBytesMax;
        expect(keyError(key) === undefined).toBe(isKey);
      }),
      2_000,
    );
  });

  test("measures bytes, not characters, and tells how many there are", () => {
    expect(keyError("東".repeat(341))).toBeUndefined();
    expect(keyError("東".repeat(342))).toMatchObject({
      ok: false,
      error: { code: "invalid_key", message: expect.stringContaining("1026") },
    });
  });

  test.each(["", "\ud800", "a\udc00b", `${"a".repeat(2000)}\ud800`])(
    "refuses %j: empty, or a lone surrogate, which has no UTF-8",
    (key) => {
      expect(keyError(key)).toMatchObject({
        ok: false,
        error: { code: "invalid_key" },
      });
    },
  );

  test.each([".", "..", "a/b", "a?x", " ", "\u0000", "\r\n", "$", "%"])(
    "takes %j: what a URL or a file system minds is the encoders' affair",
    (key) => {
      expect(keyError(key)).toBeUndefined();
    },
  );
});
