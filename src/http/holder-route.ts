/** `GET /dht/holders?key=`: who keeps a key, and which revision each of them holds. */
import type { MethodRoutes } from "./access.ts";
import { json } from "./answer.ts";
import { keyInQuery } from "./key-path.ts";
import type { AppOptions } from "./options.ts";
import { problem } from "./problem.ts";
import { keyOfRequest, keyParameter, queryReader } from "./query.ts";

/** Takes `key` alone; without one the key is empty, which the route refuses as `invalid_key`. */
export const holdersQuery = queryReader({ key: keyParameter });

/** For people who look: to read a key, read it. */
export function holderRoutes({ node }: AppOptions): MethodRoutes {
  return {
    GET: {
      needs: { rights: ["read"], of: keyOfRequest(keyInQuery) },
      async handler({ url }) {
        const query = holdersQuery(url);
        if (!query.ok) return problem(query.error);
        const key = keyInQuery(url, query.value.key);
        if (!key.ok) return problem(key.error);
        const found = await node.holders(key.value);
        return found.ok ? json(200, found.value) : problem(found.error);
      },
    },
  };
}
