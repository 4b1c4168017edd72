/** Which members keep each partition: shares first, then zones, then the fewest moves. */
import { at } from "./placement-residual.ts";
import { primarySharesOf, replicaSharesOf } from "./placement-shares.ts";
import { transport } from "./placement-transport.ts";

/** A placement's input with its members numbered from 0, so that arrays can be indexed by them. */
export interface NumberedInput {
  readonly partitionCount: number;
  /** At most the number of members. */
  readonly replicaCount: number;
  readonly weights: readonly number[];
  /** Each member's zone, from 1; 0 for a member that shares none. */
  readonly zones: Int32Array;
  /** For each partition the replicas that it has, the primary first; -1 stands for one that is no member any more. */
  readonly current: readonly (readonly number[])[];
  /** Decides between equals. */
  readonly seed: number;
}

/** `replicaCount` member numbers for each partition, in no order that means anything. */
export function chooseReplicas(input: NumberedInput): Int32Array {
  const { partitionCount, replicaCount, weights, zones, current } = input;
  const unitCount = partitionCount * replicaCount;
  // Each cost exceeds all that those below it can add up to (a preference is at most 2 a replica, and 1 a primary),
  // and so goes before them.
  const moveCost = 2 * unitCount + partitionCount + 1;
  const pairCost = (unitCount + 1) * moveCost;
  const seats = transport({
    partitionCount,
    memberCount: weights.length,
    seatCount: replicaCount,
    ...replicaSharesOf(input),
    ...candidatesOf(input),
    // A primary that stays is one that need not change.
    candidateCost: (partition, member) =>
      current[partition]?.[0] === member ? -1 : 0,
    outsiders: {
      memberCosts: movesByMember(input, moveCost),
      partitionCosts: movesByPartition(input),
    },
    zones: { of: zones, pairCost },
    start: startOf(input),
    seed: input.seed,
  });
  if (!seats) throw new Error("shares always admit distinct replicas");
  return seats;
}

function candidatesOf({ partitionCount, current }: NumberedInput) {
  const candidateCount = current.reduce(
    (most, members) => Math.max(most, members.length),
    0,
  );
  const candidates = new Int32Array(partitionCount * candidateCount).fill(-1);
  current.forEach((members, partition) => {
    candidates.set(members, partition * candidateCount);
  });
  return { candidates, candidateCount };
}

/** Between equal moves, those to a member that has nothing yet: so it takes just the places of one that it replaces. */
function movesByMember({ weights, current }: NumberedInput, moveCost: number) {
  const costs = new Float64Array(weights.length).fill(moveCost);
  for (const member of current.flat())
    if (member >= 0) costs[member] = moveCost + 1;
  return costs;
}

/**
 * Between equal moves, those at a partition whose primary is gone, or is a member with more primaries than its least:
 * who comes there can be primary, and nobody else has to change.
 */
function movesByPartition(input: NumberedInput): Int32Array {
  const { partitionCount, weights, current } = input;
  const { least } = primarySharesOf(input);
  const primaries = Int32Array.from(
    { length: partitionCount },
    (_, partition) => current[partition]?.[0] ?? -1,
  );
  const counts = new Int32Array(weights.length);
  for (const member of primaries)
    if (member >= 0) counts[member] = at(counts, member) + 1;
  return primaries.map((member) =>
    member >= 0 && at(counts, member) <= at(least, member) ? 1 : 0,
  );
}

/**
 * What may stay as it is before shares are looked at: one replica in each zone, the primary before others, no more than
 * there are seats.
 */
function startOf(input: NumberedInput): Int32Array {
  const { partitionCount, replicaCount, zones, current } = input;
  const start = new Int32Array(partitionCount * replicaCount).fill(-1);
  current.forEach((members, partition) => {
    const zonesSeen = new Set<number>();
    const staying = members.filter((member) => {
      const zone = zones[member] ?? 0;
      if (member < 0 || zonesSeen.has(zone)) return false;
      if (zone > 0) zonesSeen.add(zone);
      return true;
    });
    start.set(staying.slice(0, replicaCount), partition * replicaCount);
  });
  return start;
}
