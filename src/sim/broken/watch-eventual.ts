/** Broken: a watch shows what one replica holds. */
import * as real from "../../node/watches.ts";

export * from "../../node/watches.ts";

/** Its reads are eventual ones. */
export function createWatches(parts: real.WatchesParts): real.Watches {
  return real.createWatches({
    ...parts,
    get: (key, options) =>
      parts.get(key, { ...options, consistency: "eventual" }),
  });
}
