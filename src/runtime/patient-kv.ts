/** Workers KV takes one write a second of a key: what it refuses is written again, until it takes it or there is no time. */
import type { Clock } from "../ports.ts";
import type { KvNamespace } from "./cloudflare.ts";

/** The key's second, and a little more. */
const retryMs = 1_100;
/** Within the time of an operation; what is given up then has failed. */
const triesMax = 4;

/** The same namespace, whose writes wait for their turn instead of failing with 429. */
export function patientKv(kv: KvNamespace, clock: Clock): KvNamespace {
  const patiently = async (write: () => Promise<void>): Promise<void> => {
    for (let tries = 1; ; tries++) {
      try {
        return await write();
      } catch (error) {
        if (tries === triesMax || !isTooSoon(error)) throw error;
        await new Promise<void>((resolve) => clock.timer(retryMs, resolve));
      }
    }
  };
  return {
    get: (key) => kv.get(key),
    list: (options) => kv.list(options),
    put: (key, value) => patiently(() => kv.put(key, value)),
    delete: (key) => patiently(() => kv.delete(key)),
  };
}

/** As in "KV PUT failed: 429 Too Many Requests". */
function isTooSoon(error: unknown): boolean {
  return error instanceof Error && /\b429\b/.test(error.message);
}
