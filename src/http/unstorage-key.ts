/** Keys as unstorage's `http` driver writes them into a path: `/unstorage/a/b` is the ring's key `a:b`. */
import { hasDotSegment, normalizeBaseKey, normalizeKey } from "unstorage";
import { fail, ok, type Result } from "../core/errors.ts";
import { clientKeyError } from "../core/key.ts";
import {
  badEncoding,
  type FindKey,
  pathOf,
  percentDecode,
  unstorageRoute,
} from "./key-path.ts";

/** The key of `/unstorage/{segment}/{segment}`, percent-decoded once, then folded as unstorage folds keys. */
export const unstorageKey: FindKey = (url, inQuery) => {
  if (inQuery !== undefined) return inPathAlone;
  const text = percentDecode(rawOf(url));
  if (text === undefined) return badEncoding("key");
  const key = normalizeKey(text);
  if (hasDotSegment(key)) return dotSegment;
  return clientKeyError(key) ?? ok(key);
};

/** Whether the path names all keys below a base: it ends in a slash or a colon, as `/unstorage/a/:` does. */
export function isBasePath(url: string): boolean {
  return /[:/]$/.test(pathOf(url));
}

/** What the keys below the path's base begin with: empty, or a key with a colon at its end. */
export function unstorageBase(url: string): Result<string> {
  const text = percentDecode(rawOf(url));
  if (text === undefined) return badEncoding("key");
  const base = normalizeBaseKey(text);
  if (hasDotSegment(base)) return dotSegment;
  return base === "" ? ok(base) : (clientKeyError(base) ?? ok(base));
}

/** Whether the key is one that unstorage can ask for: folding leaves it as it is. */
export function isNameable(key: string): boolean {
  return normalizeKey(key) === key && !hasDotSegment(key);
}

function rawOf(url: string): string {
  return pathOf(url).slice(unstorageRoute.length);
}

const inPathAlone = fail(
  "invalid_query",
  "The key stands in the path: /unstorage takes no ?key=.",
);
const dotSegment = fail(
  "invalid_key",
  "unstorage has no keys with . or .. as segments: take /db for them.",
);
