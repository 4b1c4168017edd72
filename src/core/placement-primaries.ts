/** Which replica of each partition is its primary: shares first, then the fewest changes. */
import type { NumberedInput } from "./placement-replicas.ts";
import { primarySharesOf } from "./placement-shares.ts";
import { transport } from "./placement-transport.ts";

/**
 * Puts the replicas of every partition (`replicaCount` for each in `seats`) in order, the primary first. A replica that
 * stays keeps its place, and an added one takes that of one that went, as far as the shares of primaries admit.
 */
export function orderReplicas(
  input: NumberedInput,
  seats: Int32Array,
): readonly (readonly number[])[] {
  const { partitionCount, replicaCount } = input;
  const inPlace = Array.from({ length: partitionCount }, (_, partition) => {
    const first = partition * replicaCount;
    const replicas = seats.subarray(first, first + replicaCount);
    return keepPlaces(input.current[partition] ?? [], [...replicas]);
  });
  const primaries = choosePrimaries(input, inPlace);
  return inPlace.map((replicas, partition) => {
    const primary = primaries[partition];
    const others = replicas.filter((replica) => replica !== primary);
    return primary === undefined ? others : [primary, ...others];
  });
}

function keepPlaces(current: readonly number[], replicas: readonly number[]) {
  const added = replicas.filter((replica) => !current.includes(replica));
  const kept = current.flatMap((member) =>
    replicas.includes(member) ? [member] : added.splice(0, 1),
  );
  return [...kept, ...added];
}

/**
 * Reordering alone is enough. Without a member that keeps every partition, give each of a partition's R replicas one
 * R-th of its primary: a member with floor or ceiling of x replicas then has between floor and ceiling of x / R, and a
 * flow that meets whole bounds in fractions meets them in whole numbers. With such a member it still holds if the
 * others have R replicas each, or more; below that the bounds may have to give way by one.
 */
function choosePrimaries(
  input: NumberedInput,
  inPlace: readonly (readonly number[])[],
): Int32Array {
  const { partitionCount, replicaCount, weights, seed } = input;
  const shares = primarySharesOf(input);
  const changeCost = partitionCount + 1;
  for (let slack = 0; slack <= partitionCount; slack++) {
    const primaries = transport({
      partitionCount,
      memberCount: weights.length,
      seatCount: 1,
      least: shares.least.map((least) => Math.max(0, least - slack)),
      most: shares.most.map((most) => most + slack),
      candidates: Int32Array.from(inPlace.flat()),
      candidateCount: replicaCount,
      candidateCost: (partition, member) => {
        const first = inPlace[partition]?.[0];
        if (member === first) return 0;
        // Where the primary is gone a change cannot be helped: any will do, its replacement for choice.
        return input.current[partition]?.[0] === first ? changeCost : 1;
      },
      start: Int32Array.from(inPlace, (replicas) => replicas[0] ?? -1),
      seed,
    });
    if (primaries) return primaries;
  }
  throw new Error("with bounds this wide every order of replicas will do");
}
