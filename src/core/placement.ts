/** Placement: from the present table and the members, the table that gives everybody their share and moves the least. */
import { orderReplicas } from "./placement-primaries.ts";
import { chooseReplicas, type NumberedInput } from "./placement-replicas.ts";
import { seedOf } from "./placement-scatter.ts";

/** A member as placement sees it: its url, store and health play no part. */
export interface PlacementMember {
  readonly id: string;
  /** Above 0; shares are in proportion to it. 1 is usual. */
  readonly weight: number;
  /** What fails together, such as a rack or a data centre. Absent: the member fails on its own. */
  readonly zone?: string;
}

/** For each partition its replicas, the primary first. */
export type Placement = readonly (readonly string[])[];

/** All that the table depends on: whoever computes it from the same input gets the same table. */
export interface PlacementInput {
  readonly partitionCount: number;
  /** With fewer members, all of them are replicas. */
  readonly replicaCount: number;
  readonly members: readonly PlacementMember[];
  /** Empty when founding; may name members that are no longer in `members`. */
  readonly current: Placement;
}

/**
 * The table, by these rules, each before the next:
 *
 * 1. Every member keeps floor or ceiling of its share of all replicas, by weight; one whose share exceeds
 *    `partitionCount` keeps every partition. The replicas of a partition are distinct members.
 * 2. As few pairs of a partition's replicas as possible are in one zone: none where the shares admit it.
 * 3. The fewest replicas move, over all tables that meet 1 and 2.
 * 4. Every member is primary of floor or ceiling of its share of the partitions, by weight. Reordering moves no data,
 *    and is enough but in one odd case, which `orderReplicas` tells.
 * 5. The fewest primaries change, given the replicas.
 *
 * The same members in any order give the same table. A single member that replaces another of the same weight and zone
 * takes exactly its places. Throws a RangeError where the input is out of its bounds.
 */
export function place(input: PlacementInput): Placement {
  check(input);
  const ids = input.members.map(({ id }) => id).sort();
  const numbered = numberMembers(input, ids);
  const seats = chooseReplicas(numbered);
  return orderReplicas(numbered, seats).map((replicas) =>
    replicas.map((member) => ids[member] ?? ""),
  );
}

/** How many replicas `to` has that `from` has not at the same partition: each is one partition's data to copy. */
export function movedReplicas(from: Placement, to: Placement): number {
  let moved = 0;
  to.forEach((replicas, partition) => {
    const before = from[partition] ?? [];
    for (const id of replicas) if (!before.includes(id)) moved++;
  });
  return moved;
}

function check(input: PlacementInput): void {
  const { partitionCount, replicaCount, members, current } = input;
  const ids = new Set(members.map(({ id }) => id));
  const isCount = (count: number) => Number.isSafeInteger(count) && count > 0;
  if (!isCount(partitionCount) || !isCount(replicaCount))
    throw new RangeError("counts are whole and above 0");
  if (members.length === 0) throw new RangeError("a ring has a member");
  if (ids.size < members.length) throw new RangeError("an id is given twice");
  if (!members.every(({ weight }) => weight > 0 && weight < Infinity))
    throw new RangeError("weights are finite and above 0");
  if (current.length !== 0 && current.length !== partitionCount)
    throw new RangeError("the present table has another partition count");
}

function numberMembers(
  input: PlacementInput,
  ids: readonly string[],
): NumberedInput {
  const numbers = new Map(ids.map((id, number) => [id, number]));
  const byId = new Map(input.members.map((member) => [member.id, member]));
  return {
    partitionCount: input.partitionCount,
    replicaCount: Math.min(input.replicaCount, ids.length),
    weights: ids.map((id) => byId.get(id)?.weight ?? 0),
    zones: numberZones(ids.map((id) => byId.get(id)?.zone)),
    current: input.current.map((replicas) =>
      [...new Set(replicas)].map((id) => numbers.get(id) ?? -1),
    ),
    seed: seedOf(ids),
  };
}

/** A zone of one member never holds two replicas of a partition, and needs no looking after. */
function numberZones(names: readonly (string | undefined)[]): Int32Array {
  const shared = names.filter((name, first) => names.indexOf(name) < first);
  const numbers = new Map(
    [...new Set(shared)].map((name, index) => [name, index + 1]),
  );
  numbers.delete(undefined);
  return Int32Array.from(names, (name) => numbers.get(name) ?? 0);
}
