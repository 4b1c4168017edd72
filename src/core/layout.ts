/** The layout: the agreed, versioned assignment of partitions to members, and what can be read off it. */
import type { StoreGuarantee } from "./guarantee.ts";
import type { HashSeed } from "./hash.ts";
import { partitionOf, point } from "./hash.ts";
import { isReachable, isSomeReachable, type Quorum } from "./quorum.ts";

/** What the founder of a ring decides for all its members. */
export interface Settings {
  readonly consistency: "linearizable" | "eventual";
  readonly partitionCount: number;
  readonly replicaCount: number;
  readonly hashSeed: HashSeed;
  /** The ring's limit on a value, in bytes. */
  readonly valueBytesMax: number;
}

/** A node as the layout lists it. */
export interface Member {
  /** 128 random bits, base64url; never used again once removed. It lives in the node's store. */
  readonly id: string;
  /** Unique in the ring; a node that lost its store comes back under its name with a new id. */
  readonly name: string;
  readonly url: string;
  readonly zone?: string;
  /** Its share of the data relative to others; 1 unless it was set. */
  readonly weight: number;
  readonly guarantee: StoreGuarantee;
  /** The lowest and the highest peer protocol version it speaks. */
  readonly versions: readonly [lowest: number, highest: number];
}

/** One member's stay at a partition. */
export interface Replica {
  readonly id: string;
  /** The epoch from which it has been a replica of the partition without a gap. */
  readonly since: number;
}

/** Who keeps what: one half of a layout in transition. */
export interface Assignment {
  readonly settings: Settings;
  readonly members: readonly Member[];
  /** The ids of the members that decide the next layout. */
  readonly system: readonly string[];
  /** For each partition its replicas, the primary first. */
  readonly table: readonly (readonly Replica[])[];
}

/**
 * A layout of one epoch. While it is `joint`, `next` is where it is going, `members` the union of both sides, and
 * everything else still the old side.
 */
export interface Layout extends Assignment {
  readonly ringId: string;
  readonly epoch: number;
  readonly phase: "stable" | "joint";
  readonly next?: NextAssignment;
}

/** The new side of a joint layout: what the ring becomes when the change ends. */
export interface NextAssignment extends Assignment {
  /** The ids that are members on this side alone: an undo drops them again. */
  readonly joining: readonly string[];
}

/** Whether the ring was founded as eventual: then no majority is needed for a key, and none is promised anything. */
export function isEventual({ settings }: Assignment): boolean {
  return settings.consistency === "eventual";
}

/** Whether keys of these replicas could be served without those in `failed`: by majorities, in an eventual ring by anyone. */
export function canServe(
  layout: Assignment,
  quorum: Quorum,
  failed: readonly string[],
): boolean {
  return isEventual(layout)
    ? isSomeReachable(quorum, failed)
    : isReachable(quorum, failed);
}

/** The partition that keeps `key`. */
export function partitionOfKey(layout: Layout, key: string): number {
  const { hashSeed, partitionCount } = layout.settings;
  return partitionOf(point(key, hashSeed), partitionCount);
}

/** The replicas of the old side; of the only side when the layout is stable. */
export function replicasOf(
  layout: Assignment,
  partition: number,
): readonly Replica[] {
  const replicas = layout.table[partition];
  if (!replicas) throw new Error(`no partition ${partition} in this layout`);
  return replicas;
}

function idsOf(replicas: readonly Replica[]): readonly string[] {
  return replicas.map(({ id }) => id);
}

/** The sets that must each give a majority: the replicas, in a joint layout the old and the new ones. */
export function quorumOf(layout: Layout, partition: number): Quorum {
  const old = idsOf(replicasOf(layout, partition));
  if (!layout.next) return [old];
  const next = idsOf(replicasOf(layout.next, partition));
  return isSameSet(old, next) ? [old] : [old, next];
}

/** The set that decides the next layout. */
export function systemQuorumOf(layout: Layout): Quorum {
  return [layout.system];
}

/** Replicas first (in a joint layout the old ones, then the added), then the other members clockwise. */
export function walkOf(layout: Layout, partition: number): readonly string[] {
  const walk = new Set(replicaIdsOf(layout, partition));
  const count = layout.table.length;
  for (let step = 1; step < count; step++) {
    if (walk.size === layout.members.length) break;
    for (const { id } of replicasOf(layout, (partition + step) % count))
      walk.add(id);
  }
  // A member that keeps nothing yet (it is joining, or there are more members than replicas) stands at the end.
  for (const { id } of layout.members) walk.add(id);
  return [...walk];
}

/** Everyone who votes on the partition's registers: the old replicas, then the added ones. */
export function replicaIdsOf(
  layout: Layout,
  partition: number,
): readonly string[] {
  const old = idsOf(replicasOf(layout, partition));
  if (!layout.next) return old;
  return [...new Set([...old, ...idsOf(replicasOf(layout.next, partition))])];
}

/** The epoch since which `id` has been a replica of the partition; absent when it is none. */
export function sinceOf(
  layout: Layout,
  partition: number,
  id: string,
): number | undefined {
  const isMine = (replica: Replica) => replica.id === id;
  const old = replicasOf(layout, partition).find(isMine);
  if (old) return old.since;
  return layout.next && replicasOf(layout.next, partition).find(isMine)?.since;
}

/** Whether `id` is a replica of the partition however a change under way ends. */
export function isLastingReplica(
  layout: Layout,
  partition: number,
  id: string,
): boolean {
  const sides = layout.next ? [layout, layout.next] : [layout];
  return sides.every((side) =>
    replicasOf(side, partition).some((replica) => replica.id === id),
  );
}

/** The partitions whose set of replicas a joint layout changes: those that are listed and copied. */
export function changingPartitions(layout: Layout): readonly number[] {
  const { next } = layout;
  if (!next) return [];
  return layout.table.flatMap((replicas, partition) =>
    isSameSet(idsOf(replicas), idsOf(replicasOf(next, partition)))
      ? []
      : [partition],
  );
}

/** The partitions that `id` keeps, on either side of a joint layout. */
export function partitionsOf(layout: Layout, id: string): readonly number[] {
  return layout.table.flatMap((_, partition) =>
    sinceOf(layout, partition, id) === undefined ? [] : [partition],
  );
}

/** The id of the partition's first replica, in a joint layout on the old side. */
export function primaryOf(layout: Layout, partition: number): string {
  const primary = replicasOf(layout, partition)[0];
  if (!primary) throw new Error(`partition ${partition} has no replica`);
  return primary.id;
}

/** The member with this id, on either side of a joint layout; absent when there is none. */
export function memberOf(layout: Layout, id: string): Member | undefined {
  return layout.members.find((member) => member.id === id);
}

/** Whether both name the same members, in whatever order; neither names one twice. */
export function isSameSet(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((id) => b.includes(id));
}
