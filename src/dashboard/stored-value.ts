/** A value as it was read: text if it is any, bytes in any case, and never markup. */
import { revisionIn } from "./calls.ts";

/** What a read of a key found, as the form and the facts above it show it. */
export interface StoredValue {
  readonly revision: string;
  readonly contentType: string;
  readonly byteCount: number;
  /** Absent when the bytes are no text. */
  readonly text?: string;
  /** The first of the bytes, as hexadecimal lines. */
  readonly hex: string;
  /** JSON, as it was given; absent when there is none. */
  readonly metadata?: string;
  readonly ttlSeconds?: number;
  /** Milliseconds since 1970. */
  readonly modifiedAt: number;
}

/** Longer texts are not put into a field of a form. */
const textShownMax = 262_144;
const hexBytesMax = 2_048;
const hexLineBytes = 16;

/** Of the answer to a `GET` that found the key; reads its body to the end. */
export async function storedValueIn(response: Response): Promise<StoredValue> {
  const { headers } = response;
  const bytes = new Uint8Array(await response.arrayBuffer());
  const text = textOf(bytes);
  const metadata = headers.get("ringwalk-metadata") ?? undefined;
  const ttl = headers.get("ringwalk-ttl");
  return {
    revision: revisionIn(headers) ?? "",
    contentType: headers.get("content-type") ?? "",
    byteCount: bytes.byteLength,
    hex: hexOf(bytes),
    modifiedAt: Number(headers.get("ringwalk-modified-at")),
    ...(text !== undefined && { text }),
    ...(metadata !== undefined && { metadata }),
    ...(ttl !== null && { ttlSeconds: Number(ttl) }),
  };
}

/** Absent when it is not UTF-8, or has characters that no text has. */
function textOf(bytes: Uint8Array): string | undefined {
  try {
    const text = new TextDecoder("utf-8", {
      fatal: true,
      ignoreBOM: true,
    }).decode(bytes);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what tells bytes from text
    return /[\x00-\x08\x0e-\x1f]/.test(text) ? undefined : text;
  } catch {
    return undefined;
  }
}

/** How all lines of the text end. Absent when a field of a form would change them: it knows one kind of line end alone. */
export function lineEndOf(text: string): "\n" | "\r\n" | undefined {
  if (!text.includes("\r")) return "\n";
  return /[\r\n]/.test(text.replaceAll("\r\n", "")) ? undefined : "\r\n";
}

/** Why a value cannot be edited as text, for a person; absent when it can. */
export function uneditableReason({
  text,
}: Pick<StoredValue, "text">): string | undefined {
  if (text === undefined)
    return "bytes that are no text, and cannot be edited here";
  if (text.length > textShownMax) return "too long to be edited here";
  return lineEndOf(text) === undefined
    ? "its lines end in several ways, which would be lost if it were edited here"
    : undefined;
}

/** What is shown of a value that cannot be edited: characters of one that is too long, and bytes of all else. */
export function beginningOf({ text, hex }: StoredValue): string {
  return text === undefined || text.length <= textShownMax
    ? hex
    : `${text.slice(0, hexBytesMax)}…`;
}

/** A line for 16 bytes: where they are, the bytes, and what is printable of them. After 2,048 bytes a line `…`. */
export function hexOf(bytes: Uint8Array): string {
  const lines: string[] = [];
  const end = Math.min(bytes.byteLength, hexBytesMax);
  for (let at = 0; at < end; at += hexLineBytes) {
    const line = [...bytes.subarray(at, Math.min(at + hexLineBytes, end))];
    const hex = line
      .map((byte) => byte.toString(16).padStart(2, "0"))
      .join(" ");
    const shown = line
      .map((byte) =>
        byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : "·",
      )
      .join("");
    lines.push(
      `${at.toString(16).padStart(6, "0")}  ${hex.padEnd(47)}  ${shown}`,
    );
  }
  if (end < bytes.byteLength) lines.push("…");
  return lines.join("\n");
}
