/** Registers as a store keeps them (record format 1). */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { decodeRegister, encodeRegister, pack } from "../../src/core/codec.ts";
import {
  contentTypeCharactersMax,
  counterMax,
  operationIdsMax,
} from "../../src/core/limits.ts";
import { memoryFrom } from "../../src/core/memory.ts";
import { type Register, registerEmpty } from "../../src/core/register.ts";
import { anyRegister } from "./arbitraries.ts";
import { check } from "./check.ts";
import { encodeMemory } from "./memories.ts";
import { damagedBytes } from "./mutations.ts";

const ballot = { epoch: 1, counter: 2, proposer: "p" };
const entry = {
  value: Uint8Array.of(1, 2),
  revision: ballot,
  createdAt: 3,
  modifiedAt: 4,
  memory: memoryFrom(ballot),
};
const register: Register = { promised: ballot, accepted: ballot, entry };
const packed = { version: 1, ...register };

describe("a register", () => {
  test("is read back as it was written", () => {
    check(
      fc.property(anyRegister, (written) => {
        expect(decodeRegister(encodeRegister(written))).toEqual(written);
      }),
    );
    expect(decodeRegister(encodeRegister(registerEmpty))).toEqual(
      registerEmpty,
    );
  });

  test("shares no memory with what it was made of", () => {
    const value = Uint8Array.of(1);
    const bytes = encodeRegister({ ...register, entry: { ...entry, value } });
    value[0] = 9;
    expect(decodeRegister(bytes)?.entry?.value).toEqual(Uint8Array.of(1));
  });

  test("of a version that is not known is not read, rather than misread", () => {
    expect(decodeRegister(pack({ ...packed, version: 2 }))).toBeUndefined();
    expect(decodeRegister(pack(register))).toBeUndefined();
  });

  test("may carry fields of a later minor format, which are dropped", () => {
    const later = { ...packed, hint: { any: ["thing"] } };
    expect(decodeRegister(pack(later))).toEqual(register);
  });

  const operations = Array.from(
    { length: operationIdsMax },
    (_, index) =>
      ({ id: String(index), ballot, at: 0, effect: "none" }) as const,
  );
  const withEntry = (more: object) => ({
    ...packed,
    entry: { ...entry, ...more },
  });

  test.each([
    ["a negative counter", { ...packed, promised: { ...ballot, counter: -1 } }],
    [
      "a counter above 2^52",
      { ...packed, promised: { ...ballot, counter: counterMax + 1 } },
    ],
    ["half an epoch", { ...packed, accepted: { ...ballot, epoch: 0.5 } }],
    [
      "a proposer that is too long",
      { ...packed, accepted: { ...ballot, proposer: "p".repeat(23) } },
    ],
    ["no accepted ballot", { ...packed, accepted: undefined }],
    ["a value that is text", withEntry({ value: "text" })],
    ["a value that is missing", withEntry({ value: undefined })],
    ["a time that is no number", withEntry({ modifiedAt: "now" })],
    ["a time without end", withEntry({ modifiedAt: Number.POSITIVE_INFINITY })],
    ["a time that is NaN", withEntry({ expiresAt: Number.NaN })],
    [
      "a content type that is too long",
      withEntry({ contentType: "c".repeat(contentTypeCharactersMax + 1) }),
    ],
    ["a memory that is none", withEntry({ memory: Uint8Array.of() })],
    ["a memory that is text", withEntry({ memory: "none" })],
    ["no memory", withEntry({ memory: undefined })],
  ])("with %s is none", (_, value) => {
    expect(decodeRegister(pack(value))).toBeUndefined();
  });

  test("at every bound is one", () => {
    const atBounds = withEntry({
      value: new Uint8Array(0),
      contentType: "c".repeat(contentTypeCharactersMax),
      memory: encodeMemory({ operations, idsFrom: ballot }),
    });
    expect(decodeRegister(pack(atBounds))?.entry).toEqual(atBounds.entry);
    const highest = { ...packed, promised: { ...ballot, counter: counterMax } };
    expect(decodeRegister(pack(highest))?.promised.counter).toBe(counterMax);
  });

  test("in damaged bytes is none, or one that is whole; reading it never throws", () => {
    let readCount = 0;
    check(
      fc.property(damagedBytes(anyRegister.map(encodeRegister)), (bytes) => {
        const read = decodeRegister(bytes);
        if (!read) return;
        readCount++;
        expect(decodeRegister(encodeRegister(read))).toEqual(read);
      }),
      3_000,
    );
    // Most damage shows in the format itself; the store's checksum catches the rest.
    expect(readCount).toBeLessThan(1_500);
  });

  test("cut off anywhere is none", () => {
    const bytes = encodeRegister(register);
    for (let length = 0; length < bytes.length; length++)
      expect(decodeRegister(bytes.subarray(0, length))).toBeUndefined();
    expect(decodeRegister(Uint8Array.of(...bytes, 0))).toBeUndefined();
  });
});
