/** What a seat costs in the residual graph of a placement: by its member, and by the pairs that it makes in a zone. */
import {
  at,
  type Residual,
  type TransportProblem,
} from "./placement-residual.ts";

/** Whether the member has a seat at the partition now. */
export function sits(
  { problem, seats }: Residual,
  member: number,
  partition: number,
): boolean {
  const first = partition * problem.seatCount;
  for (let seat = first; seat < first + problem.seatCount; seat++)
    if (seats[seat] === member) return true;
  return false;
}

/** Whether the member has a cost of its own at the partition; all others are outsiders there. */
export function isCandidate(
  { candidates, candidateCount }: TransportProblem,
  member: number,
  partition: number,
): boolean {
  const first = partition * candidateCount;
  for (let index = first; index < first + candidateCount; index++)
    if (candidates[index] === member) return true;
  return false;
}

/** The number of the member's zone, from 1; 0 when it shares its zone with nobody. */
export function zoneOf({ zones }: TransportProblem, member: number): number {
  return zones?.of[member] ?? 0;
}

/** What a member's seat costs, its zone aside. */
export function costOf(
  problem: TransportProblem,
  member: number,
  partition: number,
): number {
  if (isCandidate(problem, member, partition))
    return problem.candidateCost(partition, member);
  return (
    outsiderCostOf(problem, member) + outsiderSurcharge(problem, partition)
  );
}

/** The part of an outsider's cost that is the same at every partition. */
export function outsiderCostOf(problem: TransportProblem, member: number) {
  return problem.outsiders?.memberCosts[member] ?? Number.POSITIVE_INFINITY;
}

/** The part of an outsider's cost that is the same for every member. */
export function outsiderSurcharge(
  problem: TransportProblem,
  partition: number,
) {
  return problem.outsiders?.partitionCosts[partition] ?? 0;
}

/** What one more unit in a zone costs a partition, the member aside: a pair with each unit that it has there. */
export function zoneCostOf(
  { problem, seats }: Residual,
  zone: number,
  partition: number,
): number {
  const { seatCount, zones } = problem;
  if (zone === 0 || !zones) return 0;
  let cost = 0;
  const first = partition * seatCount;
  for (let seat = first; seat < first + seatCount; seat++) {
    const member = at(seats, seat);
    if (member >= 0 && zones.of[member] === zone) cost += zones.pairCost;
  }
  return cost;
}

/** What a partition saves by unseating a member. */
export function savingOf(
  residual: Residual,
  member: number,
  partition: number,
): number {
  const { problem } = residual;
  const zoneCost = zoneCostOf(residual, zoneOf(problem, member), partition);
  const pairsLost = Math.max(0, zoneCost - (problem.zones?.pairCost ?? 0));
  return costOf(problem, member, partition) + pairsLost;
}

/**
 * A seat of the partition to be taken at this price. With a zone: to be taken over from a member there by another one,
 * so that the pairs stay what they are.
 */
export interface Offer {
  readonly partition: number;
  readonly price: number;
  readonly zone?: number;
}

/** The candidates that could take the seat, and what each would pay in all. */
export function bidsOf(
  residual: Residual,
  { partition, price, zone }: Offer,
): readonly { readonly member: number; readonly price: number }[] {
  const { problem } = residual;
  const bids: { member: number; price: number }[] = [];
  const first = partition * problem.candidateCount;
  for (let index = first; index < first + problem.candidateCount; index++) {
    const member = at(problem.candidates, index);
    if (member < 0 || sits(residual, member, partition)) continue;
    const own = zoneOf(problem, member);
    if (zone !== undefined && zone !== own) continue;
    const pairs = zone === undefined ? zoneCostOf(residual, own, partition) : 0;
    const cost = problem.candidateCost(partition, member) + pairs;
    bids.push({ member, price: price + cost });
  }
  return bids;
}
