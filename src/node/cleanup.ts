/** Drops what the node no longer keeps: partitions that moved away, and whole spaces of rings it has left. */
import { sinceOf } from "../core/layout.ts";
import type { Store } from "../ports.ts";
import { mapLimited } from "./limited.ts";
import type { Ring } from "./ring.ts";
import type { Spread } from "./spread.ts";
import {
  copyBucket,
  floorBucket,
  type Garbage,
  partitionBucket,
  systemBucket,
} from "./state.ts";

/** Frees the store of what the node kept in earlier layouts and rings; a tick's part. */
export interface Cleanup {
  /** Drops what may be dropped by now; gives milliseconds until the next try, absent when nothing is left. */
  step(): Promise<number | undefined>;
}

const retryMs = 500;
const bucketsAtOnce = 16;

/** Goes by the stored state, so that a drop which a crash has interrupted is made again. */
export function createCleanup(parts: {
  readonly ring: Ring;
  readonly store: Store;
  readonly spread: Spread;
}): Cleanup {
  const { ring, store, spread } = parts;

  async function dropMovedPartitions(): Promise<number | undefined> {
    const layout = ring.layout();
    const { cleanedEpoch, stay } = ring.state();
    if (layout.phase !== "stable" || cleanedEpoch >= layout.epoch)
      return undefined;
    if (!ring.isMember()) return undefined;
    // Until a majority of the new system has stored this layout, an older one may still be in force elsewhere.
    await spread.run();
    if (!spread.isStoredByMajority(layout.system)) return retryMs;
    const moved = layout.table.flatMap((_, partition) =>
      sinceOf(layout, partition, stay.memberId) === undefined
        ? [partition]
        : [],
    );
    await mapLimited(moved, bucketsAtOnce, (partition) =>
      ring.gate.shared(async () => {
        if (ring.layout() === layout)
          await store.drop(partitionBucket(stay.space, partition));
      }),
    );
    await ring.change((state) =>
      state.stay.layout === layout
        ? { ...state, cleanedEpoch: layout.epoch }
        : undefined,
    );
    return undefined;
  }

  return {
    async step() {
      // A node that is on its way out fills a space that counts as garbage until it has founded its own ring.
      const { departure, isLeaving } = ring.state();
      if (departure && isLeaving && !ring.isMember()) return retryMs;
      for (const garbage of ring.state().garbage) {
        await dropSpace(store, garbage);
        await ring.change((state) => ({
          ...state,
          garbage: state.garbage.filter(({ space }) => space !== garbage.space),
        }));
      }
      return dropMovedPartitions();
    },
  };
}

/** Deletes all data of a space. */
async function dropSpace(
  store: Store,
  { space, partitionCount }: Garbage,
): Promise<void> {
  const partitions = Array.from(
    { length: partitionCount },
    (_, index) => index,
  );
  await mapLimited(partitions, bucketsAtOnce, (partition) =>
    store.drop(partitionBucket(space, partition)),
  );
  for (const bucket of [systemBucket, floorBucket, copyBucket])
    await store.drop(bucket(space));
}
