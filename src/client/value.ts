/** How `set` and `get` store values: as text, bytes or JSON where that is exact, so that others can read them; else as devalue's text. */
import { ValueError } from "./errors.ts";
import { isJsonExact } from "./json-exact.ts";
import { structuredToText, textToStructured } from "./structured.ts";

/** devalue's text promises nothing between its versions, so what is stored names the version of its form. */
const structuredType = "application/vnd.ringwalk.devalue+json";
const structuredVersion = "1";

/** A value as it is stored; others read it by its content type. */
export interface EncodedValue {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly contentType: string;
}

const encoder = new TextEncoder();

/** Any value that a structured clone takes; a `ValueError` (`value_not_storable`) says what stands in the way. */
export async function encodeValue(value: unknown): Promise<EncodedValue> {
  if (value instanceof Uint8Array)
    return {
      // Copied, so that a repeated request sends what the first one did.
      bytes: new Uint8Array(value),
      contentType: "application/octet-stream",
    };
  if (typeof value === "string" && value.isWellFormed())
    return {
      bytes: encoder.encode(value),
      contentType: "text/plain;charset=utf-8",
    };
  if (isStoredAsJson(value))
    return {
      bytes: encoder.encode(JSON.stringify(value)),
      contentType: "application/json",
    };
  return {
    bytes: encoder.encode(await structuredToText(value)),
    contentType: `${structuredType};version=${structuredVersion}`,
  };
}

function isStoredAsJson(value: unknown): boolean {
  try {
    return isJsonExact(value);
  } catch {
    // Nested too deeply, or a getter that throws: the other way says so.
    return false;
  }
}

/**
 * The value, by its content type: text is a string, JSON is parsed, what `set` wrote is itself again; everything else,
 * and what has no type, is a `Uint8Array`. A `ValueError` (`value_undecodable`) when the bytes are not what the type says.
 */
export function decodeValue(
  bytes: Uint8Array,
  contentType: string | undefined,
): unknown {
  const { essence, parameters } = parseContentType(contentType ?? "");
  try {
    if (essence === structuredType) {
      const version = parameters.get("version") ?? structuredVersion;
      if (version !== structuredVersion)
        throw new Error(`it is of version ${version}: update this client`);
      return textToStructured(decodeText(bytes, "utf-8"));
    }
    if (essence === "application/json" || essence.endsWith("+json"))
      return JSON.parse(decodeText(bytes, "utf-8"));
    // What `curl -d` says of everything that it sends.
    if (essence === "application/x-www-form-urlencoded")
      return decodeText(bytes, "utf-8");
    if (essence.startsWith("text/"))
      return decodeText(bytes, parameters.get("charset") ?? "utf-8");
    return bytes;
  } catch (error) {
    throw new ValueError({
      code: "value_undecodable",
      message: `The value cannot be read as ${essence} (${error instanceof Error ? error.message : error}); getBytes reads its bytes.`,
      cause: error,
    });
  }
}

function decodeText(bytes: Uint8Array, charset: string): string {
  return new TextDecoder(charset, { fatal: true, ignoreBOM: true }).decode(
    bytes,
  );
}

/** A media type (RFC 9110, section 8.3.1), its names in lower case. */
function parseContentType(contentType: string): {
  readonly essence: string;
  readonly parameters: ReadonlyMap<string, string>;
} {
  const [essence = "", ...rest] = contentType.split(";");
  const parameters = rest.map((parameter): [string, string] => {
    const [name = "", value = ""] = parameter.split("=");
    return [name.trim().toLowerCase(), value.trim().replace(/^"|"$/g, "")];
  });
  return {
    essence: essence.trim().toLowerCase(),
    parameters: new Map(parameters),
  };
}
