/** A value in JSON: text where that is exact, else base64. */
import type { Metadata, StoredBytes } from "../client/api.ts";

export interface ValueFields {
  readonly value?: string;
  readonly base64?: string;
  readonly contentType: string;
  /** Seconds. */
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

/** Absent when the bytes are not UTF-8. */
function textOf(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(
      bytes,
    );
  } catch {
    return undefined;
  }
}

function base64Of(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString(
    "base64",
  );
}
