/** Broken: of what a replica finds on its disk when it starts, it forgets the promises that nothing was accepted at. */
import { decodeRegister, encodeRegister } from "../../core/codec.ts";
import * as real from "../../node/replica.ts";
import type { Store } from "../../ports.ts";

export * from "../../node/replica.ts";

/** The first look at a record in a life finds nothing promised beyond what was accepted. */
export function createReplica(parts: real.ReplicaParts): real.Replica {
  return real.createReplica({ ...parts, store: forgetting(parts.store) });
}

function forgetting(store: Store): Store {
  /** What was looked at in this life. */
  const seen = new Set<string>();
  return {
    ...store,
    update(bucket, key, step) {
      const isFirst = !seen.has(`${bucket} ${key}`);
      seen.add(`${bucket} ${key}`);
      return store.update(bucket, key, (stored) => {
        const register =
          isFirst && stored.kind === "record"
            ? decodeRegister(stored.bytes)
            : undefined;
        if (!register || stored.kind !== "record") return step(stored);
        const promised = register.accepted;
        const bytes = encodeRegister({ ...register, promised });
        return step({ ...stored, bytes });
      });
    },
  };
}
