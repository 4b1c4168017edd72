/** Keys in URLs, decoded from the raw path, so that each key has its own URL and no URL means two keys. */
import { fail, ok, type Result } from "../core/errors.ts";
import { clientKeyError } from "../core/key.ts";

/** What `routePathOf` returns for every URL that carries a key in its path. */
export const keyRoute = "/db/";
/** The same for the URLs of unstorage's `http` driver. */
export const unstorageRoute = "/unstorage/";
/** And for those that name a token. */
export const tokenRoute = "/dht/tokens/";

/**
 * The path by which a request is routed: constant for all keys of a kind, so that the router never sees (or decodes) a key.
 * Other paths are compared as they were sent, percent-encoding included.
 */
export function routePathOf(request: Request): string {
  const path = pathOf(request.url);
  if (path.startsWith(keyRoute)) return keyRoute;
  if (path.startsWith(unstorageRoute)) return unstorageRoute;
  return path.startsWith(tokenRoute) ? tokenRoute : path;
}

/** What stands behind `tokenRoute`, as it was sent. */
export function tokenInPath(url: string): string {
  return pathOf(url).slice(tokenRoute.length);
}

/** The path as it was sent, without the query. */
export function pathOf(url: string): string {
  const start = pathStartOf(url);
  for (let at = start; at < url.length; at++) {
    const unit = url.charCodeAt(at);
    if (unit === questionMark || unit === numberSign)
      return url.slice(start, at);
  }
  return url.slice(start);
}

const questionMark = 0x3f;
const numberSign = 0x23;

function pathStartOf(url: string): number {
  // "http://" and the first letter of a host are eight characters: the next slash begins the path.
  return url.indexOf("/", 8);
}

/** Finds a request's key in its URL, or in the query's `key`, which is read already. */
export type FindKey = (
  url: string,
  inQuery: string | undefined,
) => Result<string>;

/** The key of `/db/{key}`: everything behind the prefix, percent-decoded once; slashes may stand raw. */
export const keyInPath: FindKey = (url, inQuery) => {
  if (inQuery !== undefined) return twoKeys;
  const raw = pathOf(url).slice(keyRoute.length);
  const key = raw.includes("%") ? percentDecode(raw) : raw;
  if (key === undefined) return badEncoding("key");
  return clientKeyError(key) ?? ok(key);
};

/** The key of `/db?key=`. */
export const keyInQuery: FindKey = (_, inQuery = "") =>
  clientKeyError(inQuery) ?? ok(inQuery);

const twoKeys = fail(
  "invalid_query",
  "The key stands in the path already; ?key= goes with /db alone.",
);

/** Absent when an escape is malformed or the bytes are not UTF-8 (RFC 3986, section 2.1; RFC 3629). */
export function percentDecode(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}

/** Fails with `invalid_encoding`; `what` is what could not be decoded, as the message names it. */
export function badEncoding(what: string) {
  return fail(
    "invalid_encoding",
    `The ${what} is not percent-encoded UTF-8: write % as %25, and other bytes as %XX.`,
  );
}
