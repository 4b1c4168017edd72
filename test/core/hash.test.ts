/** The key hash: the authors' vectors, frozen points of our own keys, and the arcs of the circle (design, section 3). */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  type HashSeed,
  halfSipHash,
  partitionOf,
  point,
} from "../../src/core/hash.ts";
import { check } from "./check.ts";

/**
 * HalfSipHash-2-4 with 32 bits of output under the key 00 01 .. 07: output bytes for the inputs of 0, 1, .. 63 bytes
 * 00 01 02 .. (Aumasson and Bernstein, github.com/veorq/SipHash, vectors.h, `vectors_hsip32`).
 */
const official = `
  a9359f5b 27475ab8 fa62a603 8afee704 2a6e4689 c5fab669 5863fc23 8bcf63c5
  d0b8848f f806e779 94b07934 08083050 57f0872f 77e663ff d6fff87c 74fe2b97
  d9b5ac84 c474645b 465b8d9b 7befe387 e34d1045 613f62b3 70f367fe e6adb8bd
  27400c63 26787875 4f567b5f 3ab0e669 b0644000 ff670fb4 509e338b 5d589f1a
  fee72112 33753259 6a434f8c fe28b729 e75cc6ec 697e8d54 63688b0f 650b62b4
  b6bc1840 5d074505 2442fd2e 7bb7863a 7705d548 d75208b1 b6d499c8 0892202e
  69e12ce3 8db580e5 369764c6 016e0204 3b85f3d4 fedb66be 1e692a3a c68984c0
  a5c5b940 9be9e88c 7dbc8140 7c078ec5 d4e76c73 428fcbb9 bd83997a 59ea4a74
`
  .trim()
  .split(/\s+/);

const officialSeed: HashSeed = { low: 0x03020100, high: 0x07060504 };

function littleEndianHex(word: number): string {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, word, true);
  return Buffer.from(bytes).toString("hex");
}

describe("halfSipHash", () => {
  test("gives the 64 official vectors", () => {
    const input = Uint8Array.from({ length: 64 }, (_, index) => index);
    const outputs = official.map((_, length) =>
      littleEndianHex(halfSipHash(input.subarray(0, length), officialSeed)),
    );
    expect(official).toHaveLength(64);
    expect(outputs).toEqual(official);
  });

  test("takes every bit of the input, of its length and of the seed into account", () => {
    const word = fc.nat({ max: 2 ** 32 - 1 });
    check(
      fc.property(
        fc.uint8Array({ minLength: 1, maxLength: 40 }),
        fc.record({ low: word, high: word }),
        fc.nat(),
        (input, seed, bit) => {
          const hash = halfSipHash(input, seed);
          const flipped = input.slice();
          const at = Math.floor(bit / 8) % input.length;
          flipped[at] = (flipped[at] ?? 0) ^ (1 << (bit % 8));
          const longer = Uint8Array.of(...input, 0);
          const mask = (1 << (bit % 32)) >>> 0;
          const others = [
            halfSipHash(flipped, seed),
            halfSipHash(longer, seed),
            halfSipHash(input, { ...seed, low: (seed.low ^ mask) >>> 0 }),
            halfSipHash(input, { ...seed, high: (seed.high ^ mask) >>> 0 }),
          ];
          // Equal by chance once in 2^32: not in these runs, whose seed is fixed.
          expect(others).not.toContain(hash);
        },
      ),
    );
  });
});

describe("point and partitionOf", () => {
  const seed: HashSeed = { low: 0x1234_5678, high: 0x9abc_def0 };

  /** Frozen: with another point every key of every ring would be looked for at the wrong members. */
  const frozen: readonly (readonly [
    key: string,
    point: number,
    partition: number,
  ])[] = [
    ["a", 2418935369, 576],
    ["A", 723072987, 172],
    ["a:b", 1140295287, 271],
    ["a/b", 474877753, 113],
    ["..", 2075908913, 494],
    ["users/42", 2582346760, 615],
    ["k".repeat(1024), 112627212, 26],
    ["\u0000", 1377100106, 328],
    ["Zürich", 3305031909, 787],
    ["東京", 1870748376, 446],
    ["Київ", 3019408477, 719],
    ["👩‍🚀", 3613283823, 861],
    // One letter to the eye, two keys to us: nothing is normalised.
    ["\u00e9", 457500903, 109],
    ["e\u0301", 3518810918, 838],
  ];

  test.each(frozen)("keep %j where it is", (key, at, partition) => {
    expect(point(key, seed)).toBe(at);
    expect(partitionOf(at, 1024)).toBe(partition);
  });

  test("a point is of the key's UTF-8 bytes, unsigned, and moves with the seed", () => {
    check(
      fc.property(fc.string({ unit: "grapheme", minLength: 1 }), (key) => {
        const at = point(key, seed);
        expect(at).toBe(halfSipHash(new TextEncoder().encode(key), seed));
        expect(Number.isInteger(at) && at >= 0 && at < 2 ** 32).toBe(true);
        expect(point(key, { low: seed.high, high: seed.low })).not.toBe(at);
      }),
    );
  });

  test("the arcs are equal, in order, and cover the circle", () => {
    check(
      fc.property(
        fc.integer({ min: 1, max: 65_536 }),
        fc.nat({ max: 2 ** 32 - 1 }),
        (count, at) => {
          const partition = partitionOf(at, count);
          const arc = 2 ** 32 / count;
          expect(partition * arc).toBeLessThanOrEqual(at);
          expect(at).toBeLessThan((partition + 1) * arc);
        },
      ),
    );
    expect(partitionOf(0, 7)).toBe(0);
    expect(partitionOf(2 ** 32 - 1, 7)).toBe(6);
    expect(partitionOf(2 ** 32 - 1, 65_536)).toBe(65_535);
  });

  test("10,000 ordinary keys fill 64 partitions evenly", () => {
    const counts = new Array<number>(64).fill(0);
    for (let i = 0; i < 10_000; i++) {
      const partition = partitionOf(point(`user/${i}`, seed), 64);
      counts[partition] = (counts[partition] ?? 0) + 1;
    }
    // 156 on average, 12 the standard deviation: five of them either way.
    expect(Math.min(...counts)).toBeGreaterThan(96);
    expect(Math.max(...counts)).toBeLessThan(216);
  });
});
