/** One key for unstorage's `http` driver: the value as text or raw, its meta data in the headers that the driver reads. */
import { fail, ok, type Result } from "../core/errors.ts";
import { ttlSecondsMax } from "../core/limits.ts";
import { plainTextType, textTypeOf } from "../core/text-type.ts";
import { type Answer, empty } from "./answer.ts";
import { getKey } from "./key-read.ts";
import { type PutForm, putKey } from "./key-write.ts";
import type { KeyOptions } from "./options.ts";
import { unstorageKey } from "./unstorage-key.ts";

/** The type by which the driver asks for a raw value, and says that it sends one. */
const rawType = "application/octet-stream";

/**
 * The value as text, or raw for callers that accept exactly that type. A missing key is an empty 404, and asked for raw
 * an empty 204: on a 404 the driver's `getItemRaw` throws (docs/decisions/0031).
 */
export async function getItem(
  options: KeyOptions,
  request: Request,
): Promise<Answer> {
  const asked = { ...options, missingStatus: 404 } as const;
  const answer = await getKey(asked, unstorageKey, request);
  const isRaw = request.headers.get("accept") === rawType;
  const { status, body } = answer;
  const headers = { ...answer.headers, ...metaOf(answer), vary: "accept" };
  if (status === 404 && body === null) return empty(isRaw ? 204 : 404, headers);
  if (status !== 200) return { ...answer, headers };
  // Whatever it is stored as: the driver would read JSON itself, and unstorage what it read once more.
  const type = isRaw ? rawType : plainTextType;
  return { status, headers: { ...headers, "content-type": type }, body };
}

/** What `getMeta` of the driver looks for, out of what `/db` says. */
function metaOf({ headers }: Answer): Record<string, string> {
  const modifiedAt = headers["ringwalk-modified-at"];
  const ttl = headers["ringwalk-ttl"];
  return {
    ...(modifiedAt !== undefined && {
      "last-modified": new Date(Number(modifiedAt)).toUTCString(),
    }),
    ...(ttl !== undefined && { "x-ttl": ttl }),
  };
}

/** Stores the body; `x-ttl` is its time to live in seconds. */
export function putItem(
  options: KeyOptions,
  request: Request,
): Promise<Answer> {
  return putKey(options, putForm, request);
}

const putForm: PutForm = {
  findKey: unstorageKey,
  ttlSecondsOf,
  typeOf: (given, value) =>
    given === undefined || isJsonType(given) ? typeOfBytes(value) : given,
};

/** Fractions are taken, as every driver of unstorage takes them. */
function ttlSecondsOf(headers: Headers): Result<number | undefined> {
  const text = headers.get("x-ttl");
  if (text === null) return ok(undefined);
  const seconds = /^\d{1,10}(\.\d{1,20})?$/.test(text) ? Number(text) : 0;
  return seconds > 0 && seconds <= ttlSecondsMax
    ? ok(seconds)
    : fail(
        "invalid_ttl",
        `x-ttl is a number of seconds above 0, at most ${ttlSecondsMax}.`,
      );
}

/** The driver says so of every text. */
function isJsonType(contentType: string): boolean {
  return /^application\/json\s*(?:;|$)/i.test(contentType);
}

/** What the bytes really are, for those who read the value at `/db`. */
function typeOfBytes(value: Uint8Array): string {
  try {
    return textTypeOf(new TextDecoder("utf-8", { fatal: true }).decode(value));
  } catch {
    return rawType;
  }
}
