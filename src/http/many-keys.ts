/** `/db`: listings, operations in bulk, and with `?key=` the way to keys that no path can carry. */
import { type MethodRoutes, type NeededRights, refusalFor } from "./access.ts";
import { bulkHandler, isBulk } from "./bulk-route.ts";
import { keyInQuery } from "./key-path.ts";
import { keyRoutes } from "./key-routes.ts";
import { listedPrefix, listKeys } from "./listing-routes.ts";
import type { BulkLimits } from "./load.ts";
import type { KeyOptions } from "./options.ts";
import { problem } from "./problem.ts";
import { createRoom } from "./room.ts";

/** The routes of `/db`. */
export function manyKeys(
  options: KeyOptions,
  limits: BulkLimits,
): MethodRoutes {
  const keys = keyRoutes(options, keyInQuery);
  const room = createRoom(limits.node);
  const bulk = bulkHandler(options, { limits, room });
  const isOfKey = ({ url }: Request) => /[?&]key=/.test(url);
  const { needs } = keys.POST;
  return {
    ...keys,
    GET: {
      needs: {
        rights: ["read"],
        of: (request) =>
          isOfKey(request) ? keys.GET.needs.of(request) : listedPrefix(request),
      },
      handler: (request) =>
        isOfKey(request)
          ? keys.GET.handler(request)
          : listKeys(options, { limits, room }, request),
    },
    POST: {
      // Of what the lines ask for.
      needs: eachLine,
      handler(request, grant) {
        if (isBulk(request)) return bulk(request, grant);
        const refusal = refusalFor(request, grant, needs);
        return refusal ? problem(refusal) : keys.POST.handler(request, grant);
      },
    },
  };
}

const eachLine: NeededRights = { rights: [], of: "each key" };
