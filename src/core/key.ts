/** What a key may be: any UTF-8 string of 1 to 1,024 bytes, and which of them are the ring's own. */
import { fail } from "./errors.ts";
import { keyBytesMax } from "./limits.ts";

const encoder = new TextEncoder();

/** Why `key` is none; absent when it is fine. A lone surrogate is not UTF-8. */
export function keyError(key: string): ReturnType<typeof fail> | undefined {
  if (key === "") return fail("invalid_key", "The key is empty: PUT /db/KEY.");
  if (!key.isWellFormed())
    return fail("invalid_key", "The key is not valid UTF-8.");
  // A UTF-16 unit makes at most three bytes, so short keys need no encoding to be measured.
  if (key.length * 3 <= keyBytesMax) return undefined;
  const keyBytes = encoder.encode(key).byteLength;
  return keyBytes <= keyBytesMax
    ? undefined
    : fail(
        "invalid_key",
        `The key has ${keyBytes} bytes; at most ${keyBytesMax} are allowed.`,
      );
}

/** What the keys begin with that the ring keeps for itself: nobody types it, and a listing of all keys leaves it out. */
export const reservedPrefix = "\u0000ringwalk/";

/** Whether `key` is the ring's own: clients can neither read nor write it. */
export function isReservedKey(key: string): boolean {
  return key.startsWith(reservedPrefix);
}

/** Why a client may not have `key`, or list the keys that begin with it; absent when it may. */
export function clientKeyError(
  key: string,
): ReturnType<typeof fail> | undefined {
  return keyError(key) ?? (isReservedKey(key) ? reserved : undefined);
}

/** As `clientKeyError`, for the prefix of a listing, which may be empty. */
export function prefixError(
  prefix: string,
): ReturnType<typeof fail> | undefined {
  return isReservedKey(prefix) ? reserved : undefined;
}

const reserved = fail(
  "reserved_key",
  "Keys that begin with U+0000 and ringwalk/ are the ring's own: take another key.",
);
