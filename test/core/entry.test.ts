/** Entries: who sees a value when, and which bytes they keep. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { ballotZero } from "../../src/core/ballot.ts";
import {
  type Entry,
  isExpired,
  isPresent,
  nothingEntry,
  ownedEntry,
} from "../../src/core/entry.ts";
import { check } from "./check.ts";

const nothing = nothingEntry(ballotZero, 0);

describe("isPresent and isExpired", () => {
  test("an entry with a value is present until its time, expired from then on", () => {
    const entry: Entry = { ...nothing, value: Uint8Array.of(), expiresAt: 100 };
    expect([99, 100, 101].map((now) => isPresent(entry, now))).toEqual([
      true,
      false,
      false,
    ]);
    expect([99, 100, 101].map((now) => isExpired(entry, now))).toEqual([
      false,
      true,
      true,
    ]);
  });

  test("exactly one holds of an entry with a value, neither of a tombstone", () => {
    const time = fc.nat({ max: 10 });
    check(
      fc.property(
        fc.constantFrom(null, Uint8Array.of()),
        fc.option(time, { nil: undefined }),
        time,
        (value, expiresAt, now) => {
          const entry: Entry = {
            ...nothing,
            value,
            ...(expiresAt !== undefined && { expiresAt }),
          };
          const flags = [isPresent(entry, now), isExpired(entry, now)];
          const hasValue = value !== null;
          expect(flags.filter((flag) => flag).length).toBe(hasValue ? 1 : 0);
          if (hasValue && expiresAt === undefined)
            expect(flags).toEqual([true, false]);
        },
      ),
    );
  });

  test("there is nothing in no entry", () => {
    expect(isPresent(undefined, 0)).toBe(false);
  });
});

describe("ownedEntry", () => {
  test("keeps no message alive, and copies nothing that is its own", () => {
    const message = new Uint8Array(1_000).fill(7);
    const entry: Entry = {
      ...nothing,
      value: message.subarray(10, 20),
      memory: message.subarray(20, 25),
    };
    const owned = ownedEntry(entry);
    expect(owned).toEqual(entry);
    expect(owned.value?.buffer.byteLength).toBe(10);
    expect(owned.memory.buffer.byteLength).toBe(5);
    expect(ownedEntry(owned).value).toBe(owned.value);
    expect(ownedEntry(nothing)).toEqual(nothing);
  });
});
