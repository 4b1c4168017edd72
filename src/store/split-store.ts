/** One store made of two: users' data in one, what a node must never forget or read stale in the other. */
import type { Store } from "../ports.ts";

/**
 * Keeps partitions in `data`, and the node's own record, the registers of layouts, floors and progress in `system`. So
 * a node whose data is in an eventual store (Workers KV, say) can vote for the layouts of its ring, if `system` is a
 * strong one (a Durable Object). It promises of data what `data` does. Throws when `system` may read what is over.
 */
export function splitStore({
  system,
  data,
}: {
  readonly system: Store;
  readonly data: Store;
}): Store {
  const systemGuarantee = system.systemGuarantee ?? system.guarantee;
  if (systemGuarantee === "eventual")
    throw new TypeError("the store of system records must not be eventual");
  const storeOf = (bucket: string) => (isData(bucket) ? data : system);
  return {
    guarantee: data.guarantee,
    systemGuarantee,
    nameOf: data.nameOf,
    read: (bucket, key) => storeOf(bucket).read(bucket, key),
    update: (bucket, key, step) => storeOf(bucket).update(bucket, key, step),
    scan: (bucket, options) => storeOf(bucket).scan(bucket, options),
    drop: (bucket) => storeOf(bucket).drop(bucket),
    async close() {
      await Promise.all([data.close(), system.close()]);
    },
  };
}

/** A partition of some stay of the node's: `r3/p/00af`. */
function isData(bucket: string): boolean {
  return /^r\d+\/p\//.test(bucket);
}
