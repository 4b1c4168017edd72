/** Copies one page of a partition: its keys listed from the old replicas, and refreshed under joint quorums. */
import { compareBallots } from "../core/ballot.ts";
import { isEventual, type Layout, replicasOf } from "../core/layout.ts";
import {
  fanOutMax,
  pageKeysMax,
  refreshConcurrencyMax,
} from "../core/limits.ts";
import { isReached } from "../core/quorum.ts";
import type { Coordinator } from "./coordinator.ts";
import { mapLimited } from "./limited.ts";
import { listPartition } from "./listing.ts";
import type { Ring } from "./ring.ts";
import type { Voters } from "./voters.ts";

/** Whom keys are listed from, and who refreshes them. */
export interface CopyPageParts {
  readonly ring: Ring;
  readonly voters: Voters;
  readonly coordinator: Coordinator;
  /** For one key: long enough for a duel, short enough that a blocked partition does not hold up the others. */
  readonly refreshTimeoutMs: number;
  /** In an eventual ring: whom the change goes on without, though it may hold what no other does. */
  readonly mayMiss: (memberId: string) => boolean;
}

/** Pages of this many partitions are under way at once. */
export const copiedAtOnce = 8;

/** The keys of one page are with the new replicas. */
export interface CopiedPage {
  readonly keyCount: number;
  /** Pass as `after` to go on; absent at the partition's end. */
  readonly next?: string;
}

/**
 * Lists one page from a majority of the old replicas at the joint epoch, whose answering is the seal, and refreshes its
 * keys under joint quorums. Absent when either could not be had: the page is tried again. In an eventual ring it is
 * every old replica but those that the change goes on without, and the newest state of each key goes to the new ones.
 */
export async function copyPage(
  parts: CopyPageParts,
  layout: Layout,
  partition: number,
  after: string | undefined,
): Promise<CopiedPage | undefined> {
  const old = replicasOf(layout, partition).map(({ id }) => id);
  const page = await listPartition(parts.voters, {
    layout,
    partition,
    quorum: [old],
    after,
    limit: pageKeysMax,
    mayMiss: parts.mayMiss,
  });
  if (!page) return undefined;
  const refreshed = await mapLimited(
    page.keys,
    Math.max(fanOutMax, refreshConcurrencyMax / copiedAtOnce),
    async ({ key, accepted }) => {
      const state = await parts.coordinator.refresh(
        key,
        parts.refreshTimeoutMs,
        parts.mayMiss,
      );
      // There whoever was seen to hold the newest state may have fallen silent since.
      const isOld =
        isEventual(layout) &&
        state !== undefined &&
        compareBallots(state.ballot, accepted) < 0;
      return isOld ? undefined : state;
    },
  );
  if (refreshed.includes(undefined)) return undefined;
  const isLast = page.next === undefined;
  if (isLast && !(await passOn(parts, layout, partition, page.collectedAt)))
    return undefined;
  // A refresh that was finished under a later epoch proves nothing about this one.
  if (parts.ring.layout() !== layout) return undefined;
  return {
    keyCount: page.keys.length,
    ...(page.next !== undefined && { next: page.next }),
  };
}

/** Has a majority of the new replicas (all who answer, in an eventual ring) remember what the old ones have collected. */
async function passOn(
  { voters }: CopyPageParts,
  layout: Layout,
  partition: number,
  collectedAt: number,
): Promise<boolean> {
  if (collectedAt === 0 || !layout.next) return true;
  const ids = replicasOf(layout.next, partition).map(({ id }) => id);
  const replies = await Promise.all(
    ids.map((id) =>
      voters.ask(layout, id, { kind: "inherit", partition, collectedAt }),
    ),
  );
  const told = ids.filter((_, index) => replies[index]?.kind === "inherited");
  return isEventual(layout) ? told.length > 0 : isReached([ids], told);
}
