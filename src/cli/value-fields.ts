/** A value in JSON: text where that is exact, else base64. */
import type { Metadata, StoredBytes } from "../client/api.ts";
import { textOf } from "../client/base64.ts";

/** As `get --json` and `watch --json` print it: with `value` or `base64`, never both. */
export interface ValueFields {
  readonly value?: string;
  readonly base64?: string;
  readonly contentType: string;
  /** Seconds that are left; absent when it does not expire. */
  readonly ttl?: number;
  readonly metadata?: Metadata;
}

/** The value as fields; the same bytes, type, remaining time and metadata can be made of them again. */
export function valueFields(
  stored: Omit<StoredBytes, "revision">,
): ValueFields {
  const { bytes, contentType, ttlSeconds, metadata } = stored;
  const text = textOf(bytes);
  return {
    ...(text === undefined ? { base64: base64Of(bytes) } : { value: text }),
    contentType,
    ...(ttlSeconds !== undefined && { ttl: ttlSeconds }),
    ...(metadata && { metadata }),
  };
}

function base64Of(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString(
    "base64",
  );
}
