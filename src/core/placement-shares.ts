/** Shares: how many of the replicas, and of the primaries, each member should have, in proportion to its weight. */

interface SharesInput {
  readonly partitionCount: number;
  /** At most the number of members. */
  readonly replicaCount: number;
  readonly weights: readonly number[];
}

/** The bounds of each member's share, in the order of the weights: the floor and the ceiling of the exact one. */
export interface Shares {
  readonly least: Int32Array;
  readonly most: Int32Array;
}

/** A member whose share exceeds the partitions keeps every one, and the others share the rest by the same rule. */
export function replicaSharesOf(input: SharesInput): Shares {
  const { partitionCount, replicaCount, weights } = input;
  const isFull = weights.map(() => false);
  for (;;) {
    const rest = weights.map((weight, member) => (isFull[member] ? 0 : weight));
    const fullCount = isFull.filter(Boolean).length;
    const exact = split((replicaCount - fullCount) * partitionCount, rest);
    const over = exact.findIndex((share) => share > partitionCount);
    if (over < 0)
      return boundsOf(
        exact.map((share, member) => (isFull[member] ? partitionCount : share)),
      );
    exact.forEach((share, member) => {
      if (share > partitionCount) isFull[member] = true;
    });
  }
}

/**
 * The bounds of how many partitions each member is the primary of, by weight alone: no share exceeds all partitions.
 */
export function primarySharesOf(input: SharesInput): Shares {
  return boundsOf(split(input.partitionCount, input.weights));
}

function split(unitCount: number, weights: readonly number[]): number[] {
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  return weights.map((weight) => withoutError(unitCount * (weight / total)));
}

/** A share that is whole but for the last digits of floating point is meant to be whole. */
function withoutError(share: number): number {
  const whole = Math.round(share);
  return Math.abs(share - whole) <= 1e-9 * whole ? whole : share;
}

function boundsOf(exact: readonly number[]): Shares {
  return {
    least: Int32Array.from(exact, Math.floor),
    most: Int32Array.from(exact, Math.ceil),
  };
}
