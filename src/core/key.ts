/** What a key may be: any UTF-8 string of 1 to 1,024 bytes. */
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
