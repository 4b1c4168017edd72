/** Base64 (RFC 4648, section 4) on every runtime: by the newest method that it has. */

interface WithBase64 {
  toBase64?(): string;
}

interface FromBase64 {
  fromBase64?(text: string): Uint8Array;
}

/** How many bytes become characters at once: arguments of one call. */
const chunkBytes = 8192;

/** With padding, as `fromBase64` wants it back. */
export function toBase64(bytes: Uint8Array): string {
  const { toBase64: native } = bytes as WithBase64;
  if (native) return native.call(bytes);
  let binary = "";
  for (let at = 0; at < bytes.byteLength; at += chunkBytes)
    binary += String.fromCharCode(...bytes.subarray(at, at + chunkBytes));
  return btoa(binary);
}

/** Absent when the text is not base64 with its padding. */
export function fromBase64(text: string): Uint8Array | undefined {
  if (text.length % 4 !== 0 || /\s/.test(text)) return undefined;
  try {
    const native = (Uint8Array as FromBase64).fromBase64;
    if (native) return native.call(Uint8Array, text);
    const binary = atob(text);
    const bytes = new Uint8Array(binary.length);
    for (let at = 0; at < binary.length; at++)
      bytes[at] = binary.charCodeAt(at);
    return bytes;
  } catch {
    return undefined;
  }
}
