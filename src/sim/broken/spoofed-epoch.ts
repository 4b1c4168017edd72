/** A ring that seems to be at another epoch, with the layout that it has: how variants get past the epoch rule. */
import type { Ring } from "../../node/ring.ts";

/** For a single batch: the layout is read from the ring once, and does not follow it. */
export function atEpoch(ring: Ring, epoch: number): Ring {
  const layout = { ...ring.layout(), epoch };
  return { ...ring, layout: () => layout };
}
