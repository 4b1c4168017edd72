/** What is read off a message before it is decoded (MessagePack, spec 2.0): nobody can make a node allocate what he did not send. */
import { decode } from "@msgpack/msgpack";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { pack, unpack } from "../../src/core/codec.ts";
import {
  messageDepthMax,
  messageObjectsMax,
  messageTextBytesMax,
} from "../../src/core/limits.ts";
import { isWithinBounds } from "../../src/core/msgpack-bounds.ts";
import { anyEntry } from "./arbitraries.ts";
import { check } from "./check.ts";
import { damagedBytes } from "./mutations.ts";

describe("the bounds", () => {
  const json = fc.letrec((tie) => ({
    value: fc.oneof(
      { depthSize: "small", withCrossShrink: true },
      fc.constantFrom(null, true, false),
      fc.integer(),
      fc.double({ noNaN: true }),
      fc.string({ unit: "binary", maxLength: 300 }),
      fc.uint8Array({ maxLength: 300 }),
      fc.array(tie("value"), { maxLength: 20 }),
      fc.dictionary(fc.string({ maxLength: 40 }), tie("value"), {
        maxKeys: 20,
      }),
    ),
  })).value;

  test("let through whatever we write", () => {
    check(
      fc.property(json, (value) => {
        expect(isWithinBounds(pack(value))).toBe(true);
      }),
      1_000,
    );
    check(
      fc.property(anyEntry, (value) => {
        expect(isWithinBounds(pack(value))).toBe(true);
      }),
    );
  });

  test("let through nothing but whole values: they agree with the decoder on every damaged one", () => {
    // Extensions are the one thing that the decoder takes and we do not.
    const isExtension = (head: number) =>
      (head >= 0xc7 && head <= 0xc9) || (head >= 0xd4 && head <= 0xd8);
    check(
      fc.property(damagedBytes(json.map(pack)), (bytes) => {
        fc.pre(!bytes.some(isExtension));
        const isDecoded = (() => {
          try {
            decode(bytes, { maxArrayLength: 100_000, maxMapLength: 100_000 });
            return true;
          } catch {
            return false;
          }
        })();
        // Within bounds, and yet not decoded: a map's key that is no text.
        if (isDecoded) expect(isWithinBounds(bytes)).toBe(true);
        expect(unpack(bytes) !== undefined).toBe(
          isDecoded && isWithinBounds(bytes),
        );
      }),
      3_000,
    );
  });

  test("refuse headers that announce more than there is, before anything is allocated for them", () => {
    const array32 = (count: number) => [
      0xdd,
      count >>> 24,
      (count >>> 16) & 255,
      (count >>> 8) & 255,
      count & 255,
    ];
    const nested = Array.from({ length: 16 }, () =>
      array32(100_000_000),
    ).flat();
    for (const bytes of [
      array32(2 ** 32 - 1),
      nested,
      [0xdf, 0xff, 0xff, 0xff, 0xff],
      [0xdb, 0xff, 0xff, 0xff, 0xff, 0x61],
      [0xc6, 0xff, 0xff, 0xff, 0xff, 0x00],
    ]) {
      const before = process.memoryUsage().heapUsed;
      expect(unpack(Uint8Array.from(bytes))).toBeUndefined();
      expect(process.memoryUsage().heapUsed - before).toBeLessThan(10_000_000);
    }
  });

  test("refuse what is nested too deep, and take what is just not", () => {
    const nested = (depth: number) =>
      new Uint8Array(depth + 1).fill(0x91).fill(0xc0, depth);
    expect(unpack(nested(messageDepthMax))).toBeDefined();
    expect(unpack(nested(messageDepthMax + 1))).toBeUndefined();
    expect(unpack(nested(1_000_000))).toBeUndefined();
  });

  test("refuse more objects than a message can need, and texts longer than any", () => {
    const empty = (count: number) => {
      const bytes = new Uint8Array(5 + count).fill(0x90);
      bytes.set([
        0xdd,
        count >>> 24,
        (count >>> 16) & 255,
        (count >>> 8) & 255,
        count & 255,
      ]);
      return bytes;
    };
    expect(isWithinBounds(empty(messageObjectsMax - 1))).toBe(true);
    expect(isWithinBounds(empty(messageObjectsMax))).toBe(false);
    expect(unpack(pack("a".repeat(messageTextBytesMax)))).toBeDefined();
    expect(unpack(pack("a".repeat(messageTextBytesMax + 1)))).toBeUndefined();
  });

  test.each([0xc1, 0xc7, 0xd4, 0xd6])(
    "refuse the head %i: extensions, and the one that is never used",
    (head) => {
      const bytes = new Uint8Array(20).fill(0);
      bytes[0] = head;
      for (let length = 1; length <= 20; length++)
        expect(unpack(bytes.subarray(0, length))).toBeUndefined();
    },
  );

  test("a key named __proto__ makes no object of another kind", () => {
    const bytes = Uint8Array.of(
      0x81,
      0xa9,
      ...new TextEncoder().encode("__proto__"),
      0x80,
    );
    const read = unpack(bytes);
    if (read) expect(Object.getPrototypeOf(read.value)).toBe(Object.prototype);
  });
});
