/** What a MessagePack decoder may be given: whole values alone, and none that takes far more memory than its bytes. */
import { Decoder } from "@msgpack/msgpack";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { pack, unpack } from "../../src/core/codec.ts";
import { foundingLayout } from "../../src/core/layout-change.ts";
import { encodeLayout } from "../../src/core/layout-codec.ts";
import {
  messageDepthMax,
  messageObjectsMax,
  messageTextBytesMax,
  partitionCountMax,
} from "../../src/core/limits.ts";
import { decodeBatch } from "../../src/core/message-codec.ts";
import { isWithinBounds } from "../../src/core/msgpack-bounds.ts";
import { check } from "./check.ts";

const arrayHeader = (count: number) => [
  0xdd,
  (count >>> 24) & 0xff,
  (count >>> 16) & 0xff,
  (count >>> 8) & 0xff,
  count & 0xff,
];

/** Any value of our formats, each head of MessagePack among them. */
const anyValue = fc.letrec((tie) => ({
  value: fc.oneof(
    { depthSize: "small" },
    fc.constantFrom(null, true, false),
    fc.integer(),
    fc.maxSafeInteger(),
    fc.double(),
    fc.string({ maxLength: 300 }),
    fc.uint8Array({ maxLength: 300 }),
    fc.constant(new Uint8Array(70_000)),
    fc.array(tie("value"), { maxLength: 20 }),
    fc.dictionary(fc.string({ maxLength: 40 }), tie("value"), { maxKeys: 20 }),
  ),
})).value;

describe("a MessagePack value's bounds", () => {
  test("a hundred bytes that announce 600 million values are refused before room is made for them", () => {
    // Decoded, these took 1.4 GB and 7.5 s; with 30 million in each header the process died.
    const nested = Uint8Array.from(
      Array.from({ length: 20 }, () => arrayHeader(30_000_000)).flat(),
    );
    expect(nested).toHaveLength(100);
    expect(isWithinBounds(nested)).toBe(false);
    expect(decodeBatch(nested)).toBeUndefined();
  });

  test("what containers announce together has to be there, not what each announces alone", () => {
    // Each header has as many bytes behind it as it announces values; together they announce eight times as many.
    const headers = Array.from({ length: 8 }, () => arrayHeader(1_000));
    const bytes = new Uint8Array(1_000 + 40).fill(0xc0);
    bytes.set(headers.flat());
    expect(isWithinBounds(bytes)).toBe(false);
  });

  test("depth", () => {
    const nested = (depth: number) =>
      Uint8Array.from([...new Array(depth).fill(0x91), 0xc0]);
    expect(isWithinBounds(nested(messageDepthMax))).toBe(true);
    expect(isWithinBounds(nested(messageDepthMax + 1))).toBe(false);
    // A container that is closed counts no more: siblings are not nested.
    const siblings = pack(Array.from({ length: 100 }, () => [[[1]], { a: 1 }]));
    expect(isWithinBounds(siblings)).toBe(true);
  });

  test("texts, binaries, arrays and maps are counted, numbers are not", () => {
    const filled = (byte: number, count: number) => {
      const bytes = new Uint8Array(5 + count).fill(byte);
      bytes.set(arrayHeader(count));
      return bytes;
    };
    for (const empty of [0x80, 0x90, 0xa0]) {
      expect(isWithinBounds(filled(empty, messageObjectsMax - 1))).toBe(true);
      expect(isWithinBounds(filled(empty, messageObjectsMax))).toBe(false);
    }
    expect(isWithinBounds(filled(0x07, messageObjectsMax))).toBe(true);
  });

  test("a text longer than any of ours is refused", () => {
    expect(unpack(pack("x".repeat(messageTextBytesMax)))).toBeDefined();
    expect(unpack(pack("x".repeat(messageTextBytesMax + 1)))).toBeUndefined();
  });

  test("the largest layout is far within", () => {
    const member = {
      id: "m",
      name: "m",
      url: "http://m",
      weight: 1,
      guarantee: "durable",
      versions: [1, 1],
    } as const;
    const layout = foundingLayout("r", member, {
      consistency: "linearizable",
      partitionCount: partitionCountMax,
      replicaCount: 3,
      hashSeed: { low: 1, high: 2 },
      valueBytesMax: 1,
    });
    expect(isWithinBounds(encodeLayout(layout))).toBe(true);
    expect(7 * partitionCountMax).toBeLessThan(messageObjectsMax);
  });

  test("whatever our encoder writes is within; cut short or with a byte more it is not", () => {
    check(
      fc.property(anyValue, fc.nat(), (value, cut) => {
        const bytes = pack({ value });
        expect(isWithinBounds(bytes)).toBe(true);
        expect(isWithinBounds(bytes.subarray(0, cut % bytes.length))).toBe(
          false,
        );
        expect(isWithinBounds(Uint8Array.from([...bytes, 0xc0]))).toBe(false);
      }),
    );
  });

  test("bytes that are within decode; bytes that decode are within, but for extensions", () => {
    const decoder = new Decoder({ maxExtLength: 0 });
    const anyHead = fc.integer({ min: 0x80, max: 0xdf });
    const anyBytes = fc
      .array(fc.oneof(anyHead, fc.constantFrom(0, 1, 2, 0xa1), fc.nat(255)), {
        minLength: 1,
        maxLength: 24,
      })
      .map((bytes) => Uint8Array.from(bytes));
    const decodes = (bytes: Uint8Array) => {
      try {
        decoder.decode(bytes);
        return "decoded";
      } catch (error) {
        // A key that is no text or number is the decoder's to refuse, and so is "__proto__".
        return /type of key|__proto__/.test(String(error)) ? "key" : "refused";
      }
    };
    check(
      fc.property(anyBytes, (bytes) => {
        if (bytes.some((byte) => byte === 0xc7)) return;
        const outcome = decodes(bytes);
        if (outcome === "key") return;
        expect(isWithinBounds(bytes)).toBe(outcome === "decoded");
      }),
      5_000,
    );
  });
});
