/** A value as fields of a JSON object: text where that is exact, else base64. */
import type { ReadValue } from "../node/api.ts";
import { toBase64 } from "./base64.ts";
import { etagOf } from "./conditional.ts";
import { ttlSecondsOf } from "./ttl.ts";

/** As events and lines of answers have it: with `value` or `base64`, never both. */
export interface ValueFields {
  /** As the header has it, in its quotes. */
  readonly etag: string;
  readonly value?: string;
  readonly base64?: string;
  /** Absent when the value was given none. */
  readonly contentType?: string;
  /** A JSON object; absent when the value came without. */
  readonly metadata?: unknown;
  /** Seconds that are left; absent when it does not expire. */
  readonly ttl?: number;
}

const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** `now` (ms since 1970) is for the remaining time to live. */
export function valueFields(found: ReadValue, now: number): ValueFields {
  const { value, revision, contentType, metadata, expiresAt } = found;
  const text = textOf(value);
  return {
    etag: etagOf(revision),
    ...(text === undefined ? { base64: toBase64(value) } : { value: text }),
    ...(contentType !== undefined && { contentType }),
    ...(metadata !== undefined && { metadata: JSON.parse(metadata) }),
    ...(expiresAt !== undefined && { ttl: ttlSecondsOf(expiresAt, now) }),
  };
}

/** Absent when the bytes are not UTF-8. */
function textOf(bytes: Uint8Array): string | undefined {
  try {
    return decoder.decode(bytes);
  } catch {
    return undefined;
  }
}
