/** Where a key stands on the hash circle: HalfSipHash-2-4, keyed, so that a stranger cannot aim keys at one partition. */

/** 64 bits that key the hash, as two unsigned 32-bit words; chosen at founding and fixed for the ring's life. */
export interface HashSeed {
  readonly low: number;
  readonly high: number;
}

const encoder = new TextEncoder();

/** The key's point on the circle of 2^32: an unsigned 32-bit number, the same on every runtime. */
export function point(key: string, seed: HashSeed): number {
  return halfSipHash(asciiBytes(key) ?? encoder.encode(key), seed);
}

/** Most keys are short and ASCII: their bytes are written faster here than by an encoder. Good until the next call. */
function asciiBytes(key: string): Uint8Array | undefined {
  const { length } = key;
  if (length > scratch.length) return undefined;
  for (let at = 0; at < length; at++) {
    const code = key.charCodeAt(at);
    if (code > 0x7f) return undefined;
    scratch[at] = code;
  }
  return scratch.subarray(0, length);
}

const scratch = new Uint8Array(64);

/** The partition that a point falls into: one of `partitionCount` equal arcs, the first starting at point 0. */
export function partitionOf(pointOnCircle: number, partitionCount: number) {
  return Math.floor((pointOnCircle / 2 ** 32) * partitionCount);
}

/** HalfSipHash-2-4 with 32 bits of output (Aumasson and Bernstein's reference code, `halfsiphash.c`). */
export function halfSipHash(input: Uint8Array, seed: HashSeed): number {
  let v0 = seed.low | 0;
  let v1 = seed.high | 0;
  let v2 = 0x6c796765 ^ seed.low;
  let v3 = 0x74656462 ^ seed.high;

  // Written as a closure over the four words: an array or object state is several times slower.
  function rounds(count: number): void {
    for (let round = 0; round < count; round++) {
      v0 = (v0 + v1) | 0;
      v1 = ((v1 << 5) | (v1 >>> 27)) ^ v0;
      v0 = (v0 << 16) | (v0 >>> 16);
      v2 = (v2 + v3) | 0;
      v3 = ((v3 << 8) | (v3 >>> 24)) ^ v2;
      v0 = (v0 + v3) | 0;
      v3 = ((v3 << 7) | (v3 >>> 25)) ^ v0;
      v2 = (v2 + v1) | 0;
      v1 = ((v1 << 13) | (v1 >>> 19)) ^ v2;
      v2 = (v2 << 16) | (v2 >>> 16);
    }
  }
  function byte(index: number): number {
    return input[index] ?? 0;
  }

  const length = input.length;
  const wholeWords = length - (length % 4);
  for (let at = 0; at < wholeWords; at += 4) {
    const word =
      byte(at) |
      (byte(at + 1) << 8) |
      (byte(at + 2) << 16) |
      (byte(at + 3) << 24);
    v3 ^= word;
    rounds(2);
    v0 ^= word;
  }
  let last = length << 24;
  for (let at = wholeWords; at < length; at++)
    last |= byte(at) << (8 * (at - wholeWords));
  v3 ^= last;
  rounds(2);
  v0 ^= last;
  v2 ^= 0xff;
  rounds(4);
  return (v1 ^ v3) >>> 0;
}
