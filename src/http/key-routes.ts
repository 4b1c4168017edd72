/** `/db/{key}` and `/db?key=`: what can be done with one key, by method. */
import { sameSiteGuard } from "./access.ts";
import type { MethodHandlers } from "./answer.ts";
import { patchKey } from "./key-patch.ts";
import type { FindKey } from "./key-path.ts";
import { getKey } from "./key-read.ts";
import { wantsEvents, watchKey } from "./key-watch.ts";
import { deleteKey, putKey } from "./key-write.ts";
import type { AppOptions } from "./options.ts";

/** The handlers of a route whose requests carry their key where `findKey` looks for it. */
export function keyRoutes(options: AppOptions, findKey: FindKey) {
  const put = sameSiteGuard((request) => putKey(options, { findKey }, request));
  return {
    GET: (request) =>
      wantsEvents(request)
        ? watchKey(options, findKey, request)
        : getKey(options, findKey, request),
    PUT: put,
    POST: put,
    PATCH: sameSiteGuard((request) => patchKey(options, findKey, request)),
    DELETE: sameSiteGuard((request) => deleteKey(options, findKey, request)),
  } satisfies MethodHandlers;
}
