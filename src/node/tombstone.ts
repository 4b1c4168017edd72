/** Removing one tombstone at one replica: the floor rises first, durably, so that nothing older can come back. */
import { compareBallots, maxBallot, sameBallot } from "../core/ballot.ts";
import type { Entry } from "../core/entry.ts";
import { isEventual } from "../core/layout.ts";
import type { PeerReply, PeerRequest } from "../core/message.ts";
import { placeOf, registerOf, type Standing } from "./place.ts";
import type { ReplicaParts } from "./replica.ts";

/**
 * Removes the tombstone accepted at exactly `accepted`. The caller has seen that all replicas hold it, in this same
 * stable epoch.
 */
export async function collectTombstone(
  parts: Pick<ReplicaParts, "store" | "floors">,
  standing: Standing,
  request: Extract<PeerRequest, { kind: "collect" }>,
): Promise<PeerReply> {
  const kept: PeerReply = { kind: "collected", removed: false };
  const { store, floors } = parts;
  const place = placeOf(standing, { area: "key", key: request.key });
  if (place?.partition === undefined || standing.layout.phase !== "stable")
    return kept;
  const { bucket, since, partition } = place;
  const { space } = standing;

  const before = registerOf(await store.read(bucket, request.key), since);
  if (!before?.entry || !isOver(before.entry, standing)) return kept;
  if (!sameBallot(before.accepted, request.accepted)) return kept;
  const ballot = maxBallot(before.promised, before.accepted);
  await floors.load(space, partition);
  if (!floors.get(space, partition)) return kept;
  await floors.raise(space, partition, {
    ballot,
    collectedAt: overAtOf(before.entry),
  });
  const removed = await store.update(bucket, request.key, (stored) => {
    const register = registerOf(stored, since);
    const isTheSame =
      register !== undefined &&
      sameBallot(register.accepted, request.accepted) &&
      // A promise given meanwhile is above the floor: the record has to remember it.
      compareBallots(register.promised, ballot) <= 0;
    return isTheSame ? { write: null, result: true } : { result: false };
  });
  return { kind: "collected", removed };
}

/** When a tombstone came, or what is as good as one. */
function overAtOf({ value, modifiedAt, expiresAt }: Entry): number {
  return value === null ? modifiedAt : (expiresAt ?? modifiedAt);
}

/** A tombstone; in an eventual ring also a value that has an end, of which the caller has seen that it has come. */
function isOver({ value, expiresAt }: Entry, { layout }: Standing): boolean {
  return value === null || (isEventual(layout) && expiresAt !== undefined);
}
