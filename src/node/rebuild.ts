/** Rebuilds a record that failed its checksum, from what the other replicas commit while this one abstains. */
import { encodeRegister } from "../core/codec.ts";
import {
  canServe,
  isEventual,
  type Layout,
  quorumOf,
  sinceOf,
} from "../core/layout.ts";
import type { Log, Store } from "../ports.ts";
import type { Coordinator } from "./coordinator.ts";
import { registerOf } from "./place.ts";
import type { Ring } from "./ring.ts";
import type { Schedule } from "./schedule.ts";
import { partitionBucket } from "./state.ts";
import type { Suspicion } from "./suspicion.ts";
import type { UnreadableRecord } from "./unreadable.ts";

/** The others, who can commit without this replica, and the record that it replaces. */
export interface RebuildParts {
  readonly ring: Ring;
  readonly store: Store;
  readonly coordinator: Coordinator;
  readonly suspicion: Suspicion;
  readonly schedule: Pick<Schedule, "note">;
  readonly log: Log;
  readonly operationTimeoutMs: number;
}

/** Whether the record is of no concern any more: of another ring, or of a partition that others keep now. */
export function isObsolete(ring: Ring, record: UnreadableRecord): boolean {
  const { space, partition } = record;
  return (
    space !== ring.space() ||
    sinceOf(ring.layout(), partition, ring.memberId()) === undefined
  );
}

/** Whether the others could commit without this replica: with one or two replicas they never can. */
export function canRebuild(
  { ring, suspicion }: RebuildParts,
  layout: Layout,
  { partition }: UnreadableRecord,
): boolean {
  const quorum = quorumOf(layout, partition);
  const silent = quorum
    .flat()
    .filter((id) => id === ring.memberId() || suspicion.hasFailed(id));
  return canServe(layout, quorum, silent);
}

/**
 * Whether the epoch in which the record may have promised something is over here. Until then a prepare that it has
 * forgotten may be on its way to another replica, and the two promises together would count as a majority's.
 */
export function isPastPromises(
  layout: Layout,
  { epoch }: UnreadableRecord,
): boolean {
  // In an eventual ring nobody promises anything.
  return isEventual(layout) || layout.epoch > epoch;
}

/**
 * The refresh begins in a later epoch than the record was met in, and is committed by the others alone, since this one's
 * votes do not count; only then is its outcome stored here, and the replica votes again (docs/decisions/0005). False: try
 * it again.
 */
export async function rebuild(
  parts: RebuildParts,
  record: UnreadableRecord,
): Promise<boolean> {
  const { ring, store, coordinator, operationTimeoutMs, log } = parts;
  const { space, partition, key } = record;
  const committed = await coordinator.refresh(key, operationTimeoutMs);
  if (!committed) return false;
  // There the refresh has put what the others hold in the record's place.
  if (isEventual(ring.layout())) return true;
  const { ballot, entry } = committed;
  const write = encodeRegister({ promised: ballot, accepted: ballot, entry });
  const isStored = await ring.gate.shared(async () => {
    if (isObsolete(ring, record)) return false;
    // Whoever swept the partition so far could not see when this record is due.
    parts.schedule.note(partition, entry);
    return store.update(partitionBucket(space, partition), key, (stored) =>
      registerOf(stored, 0) === undefined
        ? { write, result: true }
        : { result: false },
    );
  });
  if (!isStored) return true;
  log.warn("rebuilt an unreadable record from the other replicas", {
    key,
    partition,
  });
  return true;
}
