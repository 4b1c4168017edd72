/** `/db`: listings, operations in bulk, and with `?key=` the way to keys that no path can carry. */
import { sameSiteGuard } from "./access.ts";
import type { Handler, MethodHandlers } from "./answer.ts";
import { bulkHandler, isBulk } from "./bulk-route.ts";
import { keyInQuery } from "./key-path.ts";
import { keyRoutes } from "./key-routes.ts";
import { listKeys } from "./listing-routes.ts";
import type { BulkLimits } from "./load.ts";
import type { AppOptions } from "./options.ts";
import { createRoom } from "./room.ts";

/** The handlers of `/db`. */
export function manyKeys(
  options: AppOptions,
  limits: BulkLimits,
): MethodHandlers {
  const keys = keyRoutes(options, keyInQuery);
  const room = createRoom(limits.node);
  const bulk = sameSiteGuard(bulkHandler(options, { limits, room }));
  const get: Handler = (request) =>
    /[?&]key=/.test(request.url)
      ? keys.GET(request)
      : listKeys(options, { limits, room }, request);
  const post: Handler = (request) =>
    isBulk(request) ? bulk(request) : keys.POST(request);
  return { ...keys, GET: get, POST: post };
}
