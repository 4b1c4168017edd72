/** `/db/{key}` and `/db?key=`: what can be done with one key, by method. */
import type { MethodRoutes, Route } from "./access.ts";
import { tellingBound } from "./bound.ts";
import { patchKey } from "./key-patch.ts";
import type { FindKey } from "./key-path.ts";
import { getKey } from "./key-read.ts";
import { wantsEvents, watchKey } from "./key-watch.ts";
import { deleteKey, putKey } from "./key-write.ts";
import type { KeyOptions } from "./options.ts";
import { keyOfRequest } from "./query.ts";

/** The routes of a path whose requests carry their key where `findKey` looks for it. */
export function keyRoutes(options: KeyOptions, findKey: FindKey) {
  const of = keyOfRequest(findKey);
  const { bounds } = options;
  const put = {
    needs: { rights: ["write"], of },
    handler: tellingBound(bounds, (request) =>
      putKey(options, { findKey }, request),
    ),
  } satisfies Route;
  return {
    GET: {
      needs: { rights: ["read"], of },
      handler: (request) =>
        wantsEvents(request)
          ? watchKey(options, findKey, request)
          : getKey(options, findKey, request),
    },
    PUT: put,
    POST: put,
    PATCH: {
      // What it answers tells of the value where it is an increment: there the handler asks for `read`, too.
      needs: { rights: ["write"], of },
      handler: tellingBound(bounds, (request, grant) =>
        patchKey(options, { findKey, grant }, request),
      ),
    },
    DELETE: {
      needs: { rights: ["write"], of },
      handler: tellingBound(bounds, (request) =>
        deleteKey(options, findKey, request),
      ),
    },
  } satisfies MethodRoutes;
}
