/** A key's metadata: a small JSON object that clients keep beside the value, as text that fits a header. */
import { fail } from "./errors.ts";
import { metadataBytesMax } from "./limits.ts";

/** One header line (RFC 9110, section 5.5): visible ASCII and spaces. */
export const metadataText = /^[\x20-\x7e]*$/;

/** Why `text` is no metadata (`invalid_metadata`); absent when it is fine. */
export function metadataError(
  text: string,
): ReturnType<typeof fail> | undefined {
  if (text.length > metadataBytesMax)
    return fail(
      "invalid_metadata",
      `The metadata has ${text.length} bytes; at most ${metadataBytesMax} are allowed.`,
    );
  return metadataText.test(text) && isObject(text) ? undefined : notAnObject;
}

const notAnObject = fail(
  "invalid_metadata",
  'Metadata is a JSON object in ASCII, such as {"owner":"ada"}: write other characters as \\uXXXX.',
);

function isObject(text: string): boolean {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null && !Array.isArray(value);
  } catch {
    return false;
  }
}
