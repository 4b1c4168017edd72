/** Tokens' texts and records: what is drawn, read back, and refused. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { pack } from "../../src/core/codec.ts";
import { isReservedKey } from "../../src/core/key.ts";
import { sameDigest, secretDigest } from "../../src/core/secret.ts";
import {
  decodeTokenRecord,
  drawToken,
  encodeTokenRecord,
  formatToken,
  isGood,
  isTokenId,
  parseToken,
  rights,
  type TokenRecord,
  tokenKey,
} from "../../src/core/token.ts";
import { tokenNamePrefix } from "../../src/node/tokens.ts";
import { encodeName } from "../../src/store/name.ts";
import { check } from "./check.ts";

const anyBytes = fc.uint8Array({ minLength: 32, maxLength: 32 });

describe("a token's text", () => {
  test("is read back, for whatever bytes it is drawn", () => {
    const readBack = fc.property(anyBytes, (drawn) => {
      const token = drawToken({ bytes: (count) => drawn.slice(0, count) });
      expect(formatToken(token)).toMatch(/^rw_[a-z2-7]{16}_[a-z2-7]{32}$/);
      expect(parseToken(formatToken(token))).toEqual(token);
      expect(isTokenId(token.id)).toBe(true);
    });
    check(readBack);
  });

  test("uses all 32 characters evenly: each is 5 bits of its byte", () => {
    const counts = new Map<string, number>();
    for (let byte = 0; byte < 256; byte++) {
      const { id } = drawToken({
        bytes: (count) => new Uint8Array(count).fill(byte),
      });
      const [character = ""] = id;
      counts.set(character, (counts.get(character) ?? 0) + 1);
    }
    expect(counts.size).toBe(32);
    expect(new Set(counts.values())).toEqual(new Set([8]));
  });

  test.each([
    "",
    "rw_",
    "rw_aaaaaaaaaaaaaaaa",
    `rw_${"a".repeat(16)}_${"a".repeat(31)}`,
    `rw_${"a".repeat(16)}_${"a".repeat(33)}`,
    `rw_${"A".repeat(16)}_${"a".repeat(32)}`,
    `rw_${"a".repeat(15)}1_${"a".repeat(32)}`,
    ` rw_${"a".repeat(16)}_${"a".repeat(32)}`,
    `rw_${"a".repeat(16)}_${"a".repeat(32)}\n`,
  ])("%j is none", (text) => {
    expect(parseToken(text)).toBeUndefined();
  });
});

describe("a token's register", () => {
  test("is under a reserved key, whose stored name follows the prefix that listings ask behind", () => {
    const { id } = drawToken({
      bytes: (count) => new Uint8Array(count).fill(7),
    });
    expect(isReservedKey(tokenKey(id))).toBe(true);
    expect(encodeName(tokenKey(id))).toBe(tokenNamePrefix + id);
    expect(encodeName(tokenKey(id)) > tokenNamePrefix).toBe(true);
  });

  const anyRecord: fc.Arbitrary<TokenRecord> = fc
    .record({
      name: fc.string({ unit: "grapheme", minLength: 1, maxLength: 20 }),
      rights: fc.subarray([...rights], { minLength: 1 }),
      createdAt: fc.nat(),
      digest: fc.uint8Array({ minLength: 32, maxLength: 32 }),
      prefix: fc.option(fc.string({ minLength: 1, maxLength: 100 }), {
        nil: undefined,
      }),
      expiresAt: fc.option(fc.nat(), { nil: undefined }),
    })
    .map(({ prefix, expiresAt, ...record }) => ({
      ...record,
      ...(prefix !== undefined && { prefix }),
      ...(expiresAt !== undefined && { expiresAt }),
    }));

  test("is read back", () => {
    const readBack = fc.property(anyRecord, (record) => {
      expect(decodeTokenRecord(encodeTokenRecord(record))).toEqual(record);
    });
    check(readBack);
  });

  test("of another version, or cut off, lets nobody in", () => {
    const refused = fc.property(anyRecord, fc.nat(), (record, at) => {
      const bytes = encodeTokenRecord(record);
      const part = bytes.subarray(0, at % bytes.length);
      expect(decodeTokenRecord(part)).toBeUndefined();
      const later = pack({ ...record, version: 2 });
      expect(decodeTokenRecord(later)).toBeUndefined();
    });
    check(refused);
    expect(decodeTokenRecord(new TextEncoder().encode("{}"))).toBeUndefined();
  });
});

test("a secret is good with its digest and in its time, and nothing near it is", () => {
  const record = {
    name: "n",
    rights: ["read"],
    createdAt: 0,
    expiresAt: 100,
    digest: secretDigest("secret"),
  } as const;
  expect(isGood(record, "secret", 99)).toBe(true);
  expect(isGood(record, "secret", 100)).toBe(false);
  for (const near of ["", "secre", "secret ", "Secret"])
    expect(isGood(record, near, 0)).toBe(false);
});

test("digests differ by any byte, and by their length", () => {
  const digest = secretDigest("x");
  expect(sameDigest(digest, digest.slice())).toBe(true);
  for (let at = 0; at < digest.length; at++) {
    const other = digest.slice();
    other[at] = (other[at] ?? 0) ^ 1;
    expect(sameDigest(digest, other)).toBe(false);
  }
  expect(sameDigest(digest, digest.subarray(1))).toBe(false);
  expect(sameDigest(digest.subarray(1), digest)).toBe(false);
});
