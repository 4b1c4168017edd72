/** The naive twin of placement: its shares, its bounds and, by trying everything, its optimum on small cases. */
import type {
  Placement,
  PlacementInput,
  PlacementMember,
} from "../../src/core/placement.ts";

/** The floor and the ceiling of a member's exact share. */
export interface Bounds {
  readonly least: number;
  readonly most: number;
}

/** The bounds of each member's replicas, in the members' order: the heaviest first, those that are full are set aside. */
export function replicaBounds(input: PlacementInput): readonly Bounds[] {
  const { partitionCount, members } = input;
  let seatsLeft = Math.min(input.replicaCount, members.length);
  let weightLeft = totalWeight(members);
  const full = new Set<string>();
  const heaviestFirst = [...members].sort((a, b) => b.weight - a.weight);
  for (const { id, weight } of heaviestFirst) {
    if (weight * seatsLeft <= weightLeft) break;
    full.add(id);
    seatsLeft -= 1;
    weightLeft -= weight;
  }
  return members.map(({ id, weight }) =>
    full.has(id)
      ? around(partitionCount)
      : around((partitionCount * seatsLeft * weight) / weightLeft),
  );
}

export function primaryBounds(input: PlacementInput): readonly Bounds[] {
  const { partitionCount, members } = input;
  const total = totalWeight(members);
  return members.map(({ weight }) => around((partitionCount * weight) / total));
}

function totalWeight(members: readonly PlacementMember[]): number {
  return members.reduce((sum, { weight }) => sum + weight, 0);
}

function around(share: number): Bounds {
  return { least: Math.floor(share + 1e-9), most: Math.ceil(share - 1e-9) };
}

/** How many replicas each member has, in the order of the members. */
export function replicaCounts(
  table: Placement,
  members: readonly PlacementMember[],
): readonly number[] {
  const all = table.flat();
  return members.map(({ id }) => all.filter((other) => other === id).length);
}

export function primaryCounts(
  table: Placement,
  members: readonly PlacementMember[],
): readonly number[] {
  return replicaCounts(
    table.map((replicas) => replicas.slice(0, 1)),
    members,
  );
}

/** The ids of the members that have more or less than their share, of replicas or of primaries. */
export function unfairlyTreated(
  input: PlacementInput,
  table: Placement,
): readonly string[] {
  const { members } = input;
  const isOutside = (counts: readonly number[], bounds: readonly Bounds[]) =>
    bounds.map(({ least, most }, member) => {
      const count = counts[member] ?? 0;
      return count < least || count > most;
    });
  const replicas = isOutside(
    replicaCounts(table, members),
    replicaBounds(input),
  );
  const primaries = isOutside(
    primaryCounts(table, members),
    primaryBounds(input),
  );
  return members
    .filter((_, member) => replicas[member] || primaries[member])
    .map(({ id }) => id);
}

/** How many partitions that had a primary have another one. */
export function changedPrimaries(from: Placement, to: Placement): number {
  return from.filter(([before], partition) => {
    const [after] = to[partition] ?? [];
    return before !== undefined && before !== after;
  }).length;
}

/**
 * No table within the bounds has fewer units that are new to their member than this: what members lack up to their
 * least, and what is left over when those that have enough keep the most.
 */
export function fewestNew(
  counts: readonly number[],
  bounds: readonly Bounds[],
  unitCount: number,
): number {
  let lacking = 0;
  let extra = unitCount;
  bounds.forEach(({ least, most }, member) => {
    const count = counts[member] ?? 0;
    lacking += Math.max(0, least - count);
    extra -= count >= most ? most : least;
  });
  return lacking + Math.max(0, extra);
}

/** The pairs of a partition's replicas that are in one zone. */
export function pairsInZone(
  table: Placement,
  members: readonly PlacementMember[],
): number {
  const zones = new Map(members.map(({ id, zone }) => [id, zone]));
  let pairs = 0;
  for (const replicas of table)
    replicas.forEach((id, index) => {
      const zone = zones.get(id);
      for (const other of replicas.slice(index + 1))
        if (zone !== undefined && zones.get(other) === zone) pairs++;
    });
  return pairs;
}

/**
 * No table within the shares has fewer pairs in one zone: each zone has at least its members' least, what is left over
 * goes where it makes the fewest pairs, and each zone spreads what it has evenly over the partitions.
 */
export function fewestPairs(input: PlacementInput): number {
  const { partitionCount, replicaCount, members } = input;
  const bounds = replicaBounds(input);
  const zones = new Map<string, { units: number; room: number }>();
  let left = partitionCount * Math.min(replicaCount, members.length);
  members.forEach(({ id, zone }, index) => {
    const { least, most } = bounds[index] ?? { least: 0, most: 0 };
    const name = zone === undefined ? `alone ${id}` : `zone ${zone}`;
    const sum = zones.get(name) ?? { units: 0, room: 0 };
    zones.set(name, {
      units: sum.units + least,
      room: sum.room + most - least,
    });
    left -= least;
  });
  const sums = [...zones.values()];
  for (; left > 0; left--) {
    const open = sums.filter(({ room }) => room > 0);
    const best = open.sort((a, b) => a.units - b.units)[0];
    if (!best) throw new Error("the ceilings admit all units");
    best.units++;
    best.room--;
  }
  return sums.reduce(
    (pairs, { units }) => pairs + evenPairs(units, partitionCount),
    0,
  );
}

function evenPairs(units: number, partitionCount: number): number {
  const low = Math.floor(units / partitionCount);
  const higher = units % partitionCount;
  const pairs = (count: number) => (count * (count - 1)) / 2;
  return higher * pairs(low + 1) + (partitionCount - higher) * pairs(low);
}

/** The best of all tables within the shares: the fewest pairs in one zone, then the fewest moves. */
export interface Optimum {
  readonly pairs: number;
  readonly moves: number;
}

/** Tries every choice of replicas, partition by partition, keeping the best way to each combination of counts. */
export function optimum(input: PlacementInput): Optimum {
  const { partitionCount, replicaCount, members, current } = input;
  const bounds = replicaBounds(input);
  const ids = members.map(({ id }) => id);
  const choices = subsets(ids, Math.min(replicaCount, ids.length));
  const pairsOf = choices.map((choice) => pairsInZone([choice], members));
  let ways = new Map<string, Optimum>([[ids.map(() => 0).join(), zero]]);
  for (let partition = 0; partition < partitionCount; partition++) {
    const before = current[partition] ?? [];
    const longer = new Map<string, Optimum>();
    for (const [key, way] of ways) {
      const counts = key.split(",").map(Number);
      choices.forEach((choice, index) => {
        const next = counts.map(
          (count, member) =>
            count + (choice.includes(ids[member] ?? "") ? 1 : 0),
        );
        if (next.some((count, member) => count > (bounds[member]?.most ?? 0)))
          return;
        const cost = {
          pairs: way.pairs + (pairsOf[index] ?? 0),
          moves: way.moves + choice.filter((id) => !before.includes(id)).length,
        };
        const known = longer.get(next.join());
        if (!known || isBetter(cost, known)) longer.set(next.join(), cost);
      });
    }
    ways = longer;
  }
  const complete = [...ways].filter(([key]) =>
    key
      .split(",")
      .every((count, member) => Number(count) >= (bounds[member]?.least ?? 0)),
  );
  return complete.reduce(
    (best, [, way]) => (isBetter(way, best) ? way : best),
    { pairs: Number.POSITIVE_INFINITY, moves: Number.POSITIVE_INFINITY },
  );
}

const zero: Optimum = { pairs: 0, moves: 0 };

function isBetter(a: Optimum, b: Optimum): boolean {
  return a.pairs < b.pairs || (a.pairs === b.pairs && a.moves < b.moves);
}

function subsets(ids: readonly string[], size: number): string[][] {
  if (size === 0) return [[]];
  return ids.flatMap((id, index) =>
    subsets(ids.slice(index + 1), size - 1).map((rest) => [id, ...rest]),
  );
}

/** The fewest changes of primary by reordering the replicas of `to` within the shares. Absent: no order keeps them. */
export function fewestPrimaryChanges(
  input: PlacementInput,
  to: Placement,
): number | undefined {
  const bounds = primaryBounds(input);
  const ids = input.members.map(({ id }) => id);
  let ways = new Map([[ids.map(() => 0).join(), 0]]);
  to.forEach((replicas, partition) => {
    const before = input.current[partition]?.[0];
    const longer = new Map<string, number>();
    for (const [key, changes] of ways)
      for (const primary of replicas) {
        const counts = key.split(",").map(Number);
        const member = ids.indexOf(primary);
        counts[member] = (counts[member] ?? 0) + 1;
        const total =
          changes + (before === undefined || before === primary ? 0 : 1);
        const known = longer.get(counts.join());
        if (known === undefined || total < known)
          longer.set(counts.join(), total);
      }
    ways = longer;
  });
  const within = [...ways].filter(([key]) =>
    key.split(",").every((count, member) => {
      const { least, most } = bounds[member] ?? { least: 0, most: 0 };
      return Number(count) >= least && Number(count) <= most;
    }),
  );
  if (within.length === 0) return undefined;
  return Math.min(...within.map(([, changes]) => changes));
}
