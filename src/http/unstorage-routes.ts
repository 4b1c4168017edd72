/** `/unstorage/*`: the routes that unstorage's stock `http` driver calls, over the same keys as `/db`. */
import { fail } from "../core/errors.ts";
import type { Guard, Handler, KeyOf, MethodRoutes } from "./access.ts";
import { deleteKey } from "./key-write.ts";
import type { KeyOptions } from "./options.ts";
import { problem } from "./problem.ts";
import { clearKeys } from "./unstorage-clear.ts";
import { getItem, putItem } from "./unstorage-item.ts";
import { isBasePath, unstorageBase, unstorageKey } from "./unstorage-key.ts";
import { listItems } from "./unstorage-listing.ts";

/** The routes of everything below `/unstorage/`: of one key, or, where the path ends so, of all keys below a base. */
export function unstorageRoutes(options: KeyOptions): MethodRoutes {
  const either =
    (ofKey: Handler, ofBase: Handler): Handler =>
    (request, grant) =>
      (isBasePath(request.url) ? ofBase : ofKey)(request, grant);
  const get = either(
    (request) => getItem(options, request),
    (request) =>
      request.method === "HEAD"
        ? problem(notOfBase.error)
        : listItems(options, request),
  );
  const put = either(
    (request) => putItem(options, request),
    () => problem(notOfBase.error),
  );
  const remove = either(
    (request) => deleteKey(options, unstorageKey, request),
    (request) => clearKeys(options, request),
  );
  return {
    GET: { needs: { rights: ["read"], of: named }, handler: undated(get) },
    PUT: { needs: { rights: ["write"], of: named }, handler: undated(put) },
    DELETE: {
      needs: { rights: ["write"], of: named },
      handler: undated(remove),
    },
  };
}

/** The key, or the base, that the path names. */
const named: KeyOf = ({ url }) =>
  isBasePath(url) ? unstorageBase(url) : unstorageKey(url, undefined);

/** Refuses a condition that is not looked at: dates of a second cannot tell two writes apart (docs/decisions/0031). */
const undated: Guard = (handler) => (request, grant) =>
  request.headers.has("if-unmodified-since")
    ? problem(useEtags.error)
    : handler(request, grant);

const useEtags = fail(
  "invalid_condition",
  "Dates are no conditions here: take the ETag, and If-Match.",
);
const notOfBase = fail(
  "invalid_key",
  "A path that ends in / or : names all keys below it, which can be listed (GET) and deleted (DELETE) alone.",
);
