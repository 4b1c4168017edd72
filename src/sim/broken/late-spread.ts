/** Not broken, but tight: a node tells others of a layout only when it has tried some times. */
import type { Layout } from "../../core/layout.ts";
import * as real from "../../node/spread.ts";

export * from "../../node/spread.ts";

/** The first three times that a layout is to be told nobody is called, and everybody counts as not reached. */
export function createSpread(
  parts: Parameters<typeof real.createSpread>[0],
): real.Spread {
  const spread = real.createSpread(parts);
  const tries = new WeakMap<Layout, number>();
  return {
    ...spread,
    async run() {
      const layout = parts.ring.layout();
      const count = (tries.get(layout) ?? 0) + 1;
      tries.set(layout, count);
      return count > 3 ? spread.run() : layout.members.map(({ id }) => id);
    },
  };
}
