/** The residual graph of a placement: who sits at which partition, and the steps by which that can change. */

/**
 * Every partition has the same number of seats, for distinct members. A unit is one seat taken: a replica, or the
 * primary. The problem is to fill all seats, within the bounds of every member, at the least cost. Partitions and
 * members are numbered from 0; costs are integers, so that their sums are exact.
 */
export interface TransportProblem {
  readonly partitionCount: number;
  readonly memberCount: number;
  /** The seats of each partition. */
  readonly seatCount: number;
  /** The fewest and the most units of each member. */
  readonly least: Int32Array;
  readonly most: Int32Array;
  /** Those with a cost of their own at a partition: `candidateCount` for each partition, -1 where there are fewer. */
  readonly candidates: Int32Array;
  readonly candidateCount: number;
  readonly candidateCost: (partition: number, member: number) => number;
  /** A member that is no candidate costs the sum of these. Absent: only candidates may sit. */
  readonly outsiders?: {
    readonly memberCosts: Float64Array;
    readonly partitionCosts: Int32Array;
  };
  /** Absent: no two members share a zone. */
  readonly zones?: {
    /** Each member's zone, from 1; 0 for a member that shares none. */
    readonly of: Int32Array;
    /** Paid for every pair of a partition's units in one zone. */
    readonly pairCost: number;
  };
  /**
   * Who sits at the outset, `seatCount` for each partition, -1 for an empty seat. No single step from there may have a
   * negative cost.
   */
  readonly start: Int32Array;
  /** Decides between equals. */
  readonly seed: number;
}

/**
 * Units flow from the partitions to the members that sit there and on into the sink. The nodes are the partitions, then
 * the members, then the sink. An excess is units that came in and did not go on; a negative one is units that a node
 * lacks.
 */
export interface Residual {
  readonly problem: TransportProblem;
  readonly sink: number;
  readonly excess: Int32Array;
  readonly seats: Int32Array;
  /** The units that flow from each member into the sink, within the member's bounds. */
  readonly drained: Int32Array;
  /** For each zone the members that may sit as outsiders. */
  readonly outsiders: readonly (readonly number[])[];
  /**
   * Where member m sits, as of `indexMembers`: at the partitions listed from `partitionsFrom[m]` to before
   * `partitionsFrom[m + 1]`.
   */
  readonly partitions: Int32Array;
  readonly partitionsFrom: Int32Array;
}

/**
 * At `partition` member `from` (-1: an empty seat) gives way to `to` (-1: nobody). Partition -1: only the flow into the
 * sink changes, by one more from `from` or one fewer from `to`.
 */
export interface Step {
  /** The node that the unit goes to. */
  readonly target: number;
  readonly partition: number;
  readonly from: number;
  readonly to: number;
}

/** The residual of a problem's start: members drain what they may. Where each sits is for `indexMembers` to list. */
export function residualOf(problem: TransportProblem): Residual {
  const { partitionCount, memberCount } = problem;
  const sink = partitionCount + memberCount;
  const residual: Residual = {
    problem,
    sink,
    excess: new Int32Array(sink + 1),
    seats: problem.start.slice(),
    drained: new Int32Array(memberCount),
    outsiders: outsidersByZone(problem),
    partitions: new Int32Array(problem.start.length),
    partitionsFrom: new Int32Array(memberCount + 1),
  };
  startFlow(residual);
  return residual;
}

function outsidersByZone({ memberCount, outsiders, zones }: TransportProblem) {
  const byZone: number[][] = [];
  if (!outsiders) return byZone;
  for (let member = 0; member < memberCount; member++) {
    const zone = zones?.of[member] ?? 0;
    while (byZone.length <= zone) byZone.push([]);
    byZone[zone]?.push(member);
  }
  return byZone;
}

/** Each member drains what it has as far as its bounds admit; the rest is excess, and what is missing a lack. */
function startFlow({ problem, sink, excess, seats, drained }: Residual): void {
  const { partitionCount, memberCount, seatCount, least, most } = problem;
  seats.forEach((member, seat) => {
    const partition = Math.floor(seat / seatCount);
    add(excess, member < 0 ? partition : partitionCount + member, 1);
  });
  excess[sink] = -seats.length;
  for (let member = 0; member < memberCount; member++) {
    const units = at(excess, partitionCount + member);
    const atMost = Math.min(units, at(most, member));
    drained[member] = Math.max(at(least, member), atMost);
    add(excess, partitionCount + member, -at(drained, member));
    add(excess, sink, at(drained, member));
  }
}

/** Lists for each member where it sits, its partitions in the order given. */
export function indexMembers(residual: Residual, order: Int32Array): void {
  const { problem, seats, partitions, partitionsFrom } = residual;
  const { memberCount, seatCount } = problem;
  partitionsFrom.fill(0);
  for (const member of seats)
    if (member >= 0) add(partitionsFrom, member + 1, 1);
  for (let member = 0; member < memberCount; member++)
    add(partitionsFrom, member + 1, at(partitionsFrom, member));
  const next = partitionsFrom.slice();
  for (const partition of order)
    for (let seat = 0; seat < seatCount; seat++) {
      const member = at(seats, partition * seatCount + seat);
      if (member < 0) continue;
      partitions[at(next, member)] = partition;
      add(next, member, 1);
    }
}

/** Takes a step; the excess at both ends of the path is the caller's to settle. */
export function take({ problem, seats, drained }: Residual, step: Step): void {
  const { partition, from, to } = step;
  if (partition < 0) {
    if (from >= 0) add(drained, from, 1);
    if (to >= 0) add(drained, to, -1);
    return;
  }
  const first = partition * problem.seatCount;
  const seat = seats.indexOf(from, first);
  if (seat < first || seat >= first + problem.seatCount)
    throw new Error(`member ${from} has no seat at partition ${partition}`);
  seats[seat] = to;
}

/** The value at an index that is known to be in range. */
export function at(values: Int32Array | Float64Array, index: number): number {
  return values[index] as number;
}

/** Adds to the value at an index that is known to be in range. */
export function add(values: Int32Array, index: number, amount: number): void {
  values[index] = at(values, index) + amount;
}
