/** What a replica tells of whole partitions: pages of their keys, and digests. */
import { isEventual, sinceOf } from "../core/layout.ts";
import { pageBytesMax } from "../core/limits.ts";
import type { ListedKey, PeerReply } from "../core/message.ts";
import type { Register } from "../core/register.ts";
import { abstainFloor } from "./abstain.ts";
import { digestOfPartition } from "./digest.ts";
import { registerOf, type Standing } from "./place.ts";
import type { ReplicaParts, ReplicaRequest } from "./replica.ts";
import { partitionBucket } from "./state.ts";

/**
 * The keys that are accepted here, tombstones included. Abstains from a page with an unreadable record; in an eventual
 * ring it leaves that out.
 */
export async function listPage(
  parts: ReplicaParts,
  standing: Standing,
  request: Extract<ReplicaRequest, { kind: "list" }>,
): Promise<PeerReply> {
  const { partition, after, limit } = request;
  const { space, layout, memberId } = standing;
  const since = sinceOf(layout, partition, memberId);
  if (since === undefined) return { kind: "abstained", reason: "not-replica" };
  await parts.floors.load(space, partition);
  const floor = parts.floors.get(space, partition);
  if (!floor) return abstainFloor(parts, space, partition);
  const page = await parts.store.scan(partitionBucket(space, partition), {
    ...(after !== undefined && { after }),
    limit,
    bytesMax: pageBytesMax,
  });
  const keys: ListedKey[] = [];
  for (const { name, key, stored } of page.records) {
    const register = registerOf(stored, since);
    if (!register) {
      parts.unreadable.note({ space, partition, key });
      // In an eventual ring pages are added up, and one that lacks a key does no harm.
      if (isEventual(layout)) continue;
      // What this record held is not known here: the page cannot vouch for the keys up to it.
      return { kind: "abstained", reason: "unreadable" };
    }
    if (key === undefined || !register.entry) continue;
    keys.push(listedKey(name, key, register));
  }
  return {
    kind: "page",
    keys,
    collectedAt: floor.collectedAt,
    ...(page.next !== undefined && { next: page.next }),
  };
}

function listedKey(name: string, key: string, register: Register): ListedKey {
  const { entry, accepted } = register;
  if (!entry) throw new Error("only accepted records are listed");
  const { value, createdAt, modifiedAt, expiresAt } = entry;
  return {
    name,
    key,
    accepted,
    isTombstone: value === null,
    changedAt: Math.max(createdAt, modifiedAt),
    ...(expiresAt !== undefined && { expiresAt }),
  };
}

/** One digest for each partition, in the order asked; `unreadable` where a record is, which is noted too. */
export async function digests(
  parts: ReplicaParts,
  standing: Standing,
  partitions: readonly number[],
): Promise<PeerReply> {
  const { layout, memberId, space } = standing;
  const result: string[] = [];
  for (const partition of partitions) {
    const since = sinceOf(layout, partition, memberId);
    // An empty text says "not kept here": it differs from every digest.
    result.push(
      since === undefined
        ? ""
        : await digestOfPartition(
            parts.store,
            { space, partition, since },
            ({ key }) => parts.unreadable.note({ space, partition, key }),
          ),
    );
  }
  return { kind: "digests", digests: result };
}
