/** Has partitions compared that this node has gained in an eventual ring: who missed a copy there is missed by nobody. */
import {
  isEventual,
  type Layout,
  partitionsOf,
  sinceOf,
} from "../core/layout.ts";
import type { Ring } from "./ring.ts";

/** Whose partitions, and who compares them. */
export interface GainedParts {
  readonly ring: Ring;
  readonly suspect: (partition: number) => void;
}

/**
 * A copy there goes on when one new replica has each key, and its driver, which knows who missed one, may be no replica.
 * In a linearizable ring every replica takes each copied key, and remembers to compare (outside-accepts.ts). A node that
 * comes to a ring compares everything.
 */
export function compareGained({ ring, suspect }: GainedParts): void {
  let { ringId } = ring.layout();
  let comparedEpoch = stableEpochOf(ring.layout());
  ring.onChange(() => {
    const layout = ring.layout();
    if (layout.ringId !== ringId) {
      ({ ringId } = layout);
      comparedEpoch = stableEpochOf(layout);
    }
    if (!isEventual(layout) || layout.phase !== "stable") return;
    if (layout.epoch === comparedEpoch) return;
    for (const partition of partitionsOf(layout, ring.memberId())) {
      const since = sinceOf(layout, partition, ring.memberId()) ?? 0;
      if (since > comparedEpoch) suspect(partition);
    }
    comparedEpoch = layout.epoch;
  });
}

/** Of a layout in transition, the epoch of the one before. */
function stableEpochOf({ phase, epoch }: Layout): number {
  return phase === "stable" ? epoch : epoch - 1;
}
