/** Broken: in a joint layout the new replicas decide alone. */
import * as real from "../../core/layout.ts";
import type { Quorum } from "../../core/quorum.ts";

export * from "../../core/layout.ts";

/** One majority, always: that of the replicas to come where there are any. */
export function quorumOf(layout: real.Layout, partition: number): Quorum {
  const side = layout.next ?? layout;
  return [real.replicasOf(side, partition).map(({ id }) => id)];
}
