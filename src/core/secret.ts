/** Secrets are compared by their digests: the time it takes tells nothing about where, or how much, a guess is right. */
import { sha256 } from "@noble/hashes/sha2.js";

const encoder = new TextEncoder();

/** SHA-256 (FIPS 180-4), 32 bytes; synchronous, and the same on every runtime. */
export function secretDigest(text: string): Uint8Array {
  return sha256(encoder.encode(text));
}

/** Compares every byte, wherever the first difference is. */
export function sameDigest(a: Uint8Array, b: Uint8Array): boolean {
  let difference = a.length ^ b.length;
  for (const [at, byte] of a.entries()) difference |= byte ^ (b[at] ?? 0);
  return difference === 0;
}
