/** The names that records are stored under: one for each key, kept apart by every driver and every file system. */

import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex } from "@noble/hashes/utils.js";
import { keyError } from "../core/key.ts";

/** File systems allow 255 bytes a name, Workers KV 512 for bucket and name together. */
export const nameCharsMax = 192;

const bucketCharsMax = 200;

/*
 * The alphabet is [a-z0-9-]: no case to fold, no character that a driver, a URL, a shell or a file system treats
 * specially, and one order by code units, by bytes and by SQLite's BINARY collation.
 *
 *   k-<escaped>  the key itself; every byte but [a-z0-9] stands as `-` and two hexadecimal digits
 *   h-<digest>   the SHA-256 of a key whose escaped form is too long; the record carries the key
 *
 * Every name holds a `-` and no bucket segment does, so a record and a deeper bucket never meet.
 */
const plainPrefix = "k-";
const digestPrefix = "h-";

const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** The stored name of a key: injective, and the same on every store. Throws a `TypeError` on what is not a key. */
export function encodeName(key: string): string {
  assertKey(key);
  // Each character of a key takes at least one of the name, so most long keys need not be escaped to be measured.
  if (key.length <= nameCharsMax - plainPrefix.length) {
    const name = plainPrefix + key.replace(escapedCharacters, escapeCharacter);
    if (name.length <= nameCharsMax) return name;
  }
  return digestPrefix + bytesToHex(sha256(encoder.encode(key)));
}

/** The key that a name tells; absent for a digest, and for a text that `encodeName` never makes. */
export function decodeName(name: string): string | undefined {
  if (!plainName.test(name) || name.length > nameCharsMax) return undefined;
  const parts = name.slice(plainPrefix.length).match(namedBytes) ?? [];
  try {
    const key = decoder.decode(Uint8Array.from(parts, byteOf));
    // A name has one form: `k--61` is not another way to write `k-a`.
    return encodeName(key) === name ? key : undefined;
  } catch {
    return undefined;
  }
}

/** Whether `encodeName` can have made this text: anything else in a bucket is not a record of ours. */
export function isName(text: string): boolean {
  return digestName.test(text) || decodeName(text) !== undefined;
}

/** The bucket as drivers spell it, its segments joined by `:`. Throws a `TypeError` on what is not a bucket. */
export function encodeBucket(bucket: string): string {
  const known = knownBuckets.get(bucket);
  if (known !== undefined) return known;
  if (bucket.length > bucketCharsMax || !bucketPattern.test(bucket))
    throw new TypeError(`not a bucket: ${JSON.stringify(bucket)}`);
  const path = bucket.replaceAll("/", ":");
  if (knownBuckets.size >= knownBucketsMax) knownBuckets.clear();
  knownBuckets.set(bucket, path);
  return path;
}

/** A node uses some thousand buckets over and over; to look one up costs a fifth of judging it again. */
const knownBuckets = new Map<string, string>();
const knownBucketsMax = 10_000;

const escapedCharacters = /[^a-z0-9]/gu;
const plainName = /^k-(?:[a-z0-9]|-[0-9a-f]{2})+$/;
const namedBytes = /-..|./g;
const digestName = /^h-[0-9a-f]{64}$/;
const bucketPattern = /^[a-z0-9]+(?:\/[a-z0-9]+)*$/;

const asciiEscapes = Array.from({ length: 128 }, (_, code) => escapeByte(code));

function escapeCharacter(character: string): string {
  return (
    asciiEscapes[character.charCodeAt(0)] ??
    Array.from(encoder.encode(character), escapeByte).join("")
  );
}

function escapeByte(byte: number): string {
  return `-${byte.toString(16).padStart(2, "0")}`;
}

function byteOf(part: string): number {
  return part.length === 1
    ? part.charCodeAt(0)
    : Number.parseInt(part.slice(1), 16);
}

function assertKey(key: string): void {
  const refused = keyError(key);
  if (refused) throw new TypeError(refused.error.message);
}
