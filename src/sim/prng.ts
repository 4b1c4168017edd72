/** Seeded chance: everything random in a simulation comes from here, so that a seed replays it. */
import type { Random } from "../ports.ts";

/** As a `Random` port it stands in for a cryptographic source. */
export interface Prng extends Random {
  /** An unsigned 32-bit number. */
  next(): number;
  /** A whole number from 0 to `bound` - 1; `bound` is at least 1. */
  below(bound: number): number;
  /** True with this probability; draws nothing at 0, so that a fault switched off leaves the rest of a run alone. */
  chance(probability: number): boolean;
  /** A number from `min` up to, but not including, `max`. */
  between(min: number, max: number): number;
  /** One of the items; throws when there is none. */
  pick<T>(items: readonly T[]): T;
  /** A generator of its own for a part of the simulation: it depends on the seed and the label alone, not on what was drawn. */
  fork(label: string): Prng;
}

/** A number and its digits as a text are the same seed. */
export function createPrng(seed: number | string): Prng {
  const text = String(seed);
  const next = xoshiro128(seedState(text));

  function fraction(): number {
    // 53 random bits, all that a number holds.
    return ((next() >>> 5) * 2 ** 26 + (next() >>> 6)) / 2 ** 53;
  }

  function below(bound: number): number {
    if (!Number.isSafeInteger(bound) || bound < 1)
      throw new RangeError(`no whole number from 0 lies below ${bound}`);
    return Math.floor(fraction() * bound);
  }

  return {
    next,
    fraction,
    below,
    bytes: (count) => Uint8Array.from({ length: count }, () => next() >>> 24),
    chance: (probability) => probability > 0 && fraction() < probability,
    between: (min, max) => min + fraction() * (max - min),
    pick(items) {
      const item = items[below(Math.max(1, items.length))];
      if (item === undefined) throw new RangeError("nothing to pick from");
      return item;
    },
    fork: (label) => createPrng(`${text}/${label}`),
  };
}

/** Four 32-bit words, not all zero. */
export type XoshiroState = readonly [number, number, number, number];

/** xoshiro128** 1.1 (Blackman and Vigna, "Scrambled linear pseudorandom number generators", 2021). */
export function xoshiro128(state: XoshiroState): () => number {
  let [a, b, c, d] = state;
  return () => {
    const result = Math.imul(rotateLeft(Math.imul(b, 5), 7), 9) >>> 0;
    const shifted = b << 9;
    c ^= a;
    d ^= b;
    b ^= c;
    a ^= d;
    c ^= shifted;
    d = rotateLeft(d, 11);
    return result;
  };
}

function rotateLeft(word: number, count: number): number {
  return (word << count) | (word >>> (32 - count));
}

/** FNV-1a over the text's code units, once for each word, the rounds told apart by the word's number. */
function seedState(text: string): XoshiroState {
  const word = (index: number): number => {
    let hash = Math.imul(0x811c9dc5 ^ index, 0x01000193);
    for (let at = 0; at < text.length; at++)
      hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
    return finish(hash);
  };
  // The last word is odd, so that the state is never all zero.
  return [word(1), word(2), word(3), word(4) | 1];
}

/** MurmurHash3's finalizer: every bit of the hash changes half of the result's. */
function finish(hash: number): number {
  let mixed = hash;
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  return mixed ^ (mixed >>> 16);
}
