/** Bytes in JSON: text where that is exact, else base64 (RFC 4648, section 4). */

const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** Absent when the bytes are not UTF-8. */
export function textOf(bytes: Uint8Array): string | undefined {
  try {
    return decoder.decode(bytes);
  } catch {
    return undefined;
  }
}

/** Of a few thousand bytes at most. */
export function toBase64(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes));
}

/** Throws a `DOMException` when the text is no base64. */
export function fromBase64(text: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(text), (unit) => unit.charCodeAt(0));
}
