/** Moving units from excess to lack along steps that cost just what the price rises along them, depth first. */
import {
  bidsOf,
  costOf,
  isCandidate,
  type Offer,
  outsiderCostOf,
  outsiderSurcharge,
  savingOf,
  sits,
  zoneCostOf,
  zoneOf,
} from "./placement-costs.ts";
import {
  add,
  at,
  type Residual,
  type Step,
  take,
} from "./placement-residual.ts";
import { scatter } from "./placement-scatter.ts";

interface Search {
  readonly residual: Residual;
  readonly prices: Float64Array;
  /** 1 for the nodes that a path must not go to. */
  readonly closed: Uint8Array;
  /** How far each member, and the sink, has looked through its steps. */
  readonly next: Int32Array;
  /** For each zone: by the price of a seat, the outsiders that take one at just that and are not closed. */
  readonly takers: readonly ReadonlyMap<number, number[]>[];
}

/** Moves units until no such path is left, and tells how many. */
export function augment(residual: Residual, prices: Float64Array): number {
  const search: Search = {
    residual,
    prices,
    closed: new Uint8Array(prices.length),
    next: new Int32Array(prices.length),
    takers: residual.outsiders.map((members) =>
      Map.groupBy(members, (member) => takingPrice(residual, prices, member)),
    ),
  };
  let moved = 0;
  for (let node = 0; node <= residual.sink; node++)
    while (at(residual.excess, node) > 0 && moveUnit(search, node)) moved++;
  return moved;
}

function takingPrice(
  { problem }: Residual,
  prices: Float64Array,
  member: number,
): number {
  const price = at(prices, problem.partitionCount + member);
  return price - outsiderCostOf(problem, member);
}

/** False when no path leads from the source to a lack. */
function moveUnit(search: Search, source: number): boolean {
  const { residual } = search;
  const path = findPath(search, source);
  const end = path.at(-1);
  if (!end) return false;
  add(residual.excess, source, -1);
  add(residual.excess, end.target, 1);
  for (const step of path) take(residual, step);
  for (const node of [source, ...path.map(({ target }) => target)])
    reopen(search, node);
  return true;
}

/** The steps from the source to a lack; none when there is no way. Whatever it goes to it leaves closed. */
function findPath(search: Search, source: number): readonly Step[] {
  const { residual, closed } = search;
  if (closed[source] === 1) return [];
  const path: Step[] = [];
  let node = source;
  close(search, node);
  while (at(residual.excess, node) >= 0) {
    const step = nextStep(search, node);
    if (step) {
      path.push(step);
      close(search, step.target);
    } else if (!path.pop()) return [];
    node = path.at(-1)?.target ?? source;
  }
  return path;
}

function close(search: Search, node: number): void {
  search.closed[node] = 1;
  const member = node - search.residual.problem.partitionCount;
  const takers = takersWith(search, member);
  const last = takers?.pop();
  if (!takers || last === undefined || last === member) return;
  takers[takers.indexOf(member)] = last;
}

function reopen(search: Search, node: number): void {
  search.closed[node] = 0;
  const member = node - search.residual.problem.partitionCount;
  takersWith(search, member)?.push(member);
}

/** The list of takers that the member belongs to while it is not closed; absent for what is no member. */
function takersWith({ residual, prices, takers }: Search, member: number) {
  const { problem } = residual;
  if (member < 0 || member >= problem.memberCount) return undefined;
  const price = takingPrice(residual, prices, member);
  return takers[zoneOf(problem, member)]?.get(price);
}

function nextStep(search: Search, node: number): Step | undefined {
  const { sink, problem } = search.residual;
  if (node === sink) return stepFromSink(search);
  if (node < problem.partitionCount) return stepFromPartition(search, node);
  return stepFromMember(search, node - problem.partitionCount);
}

/** Whether a unit at this price may go there. */
function admits({ prices, closed }: Search, target: number, price: number) {
  return closed[target] === 0 && at(prices, target) === price;
}

function stepFromSink(search: Search): Step | undefined {
  const { residual, prices, next } = search;
  const { problem, sink, drained } = residual;
  for (; at(next, sink) < problem.memberCount; add(next, sink, 1)) {
    const to = at(next, sink);
    const target = problem.partitionCount + to;
    if (at(drained, to) <= at(problem.least, to)) continue;
    if (admits(search, target, at(prices, sink)))
      return { target, partition: -1, from: -1, to };
  }
  return undefined;
}

function stepFromPartition(search: Search, partition: number) {
  const { residual, prices, takers } = search;
  const price = at(prices, partition);
  const candidate = takingCandidate(search, { partition, price, from: -1 });
  if (candidate) return candidate;
  const first = turnOf(residual, partition);
  for (let index = 0; index < takers.length; index++) {
    const zone = (first + index) % takers.length;
    const offered = price + zoneCostOf(residual, zone, partition);
    const seat = { partition, price: offered, zone, from: -1 };
    const outsider = takingOutsider(search, seat);
    if (outsider) return outsider;
  }
  return undefined;
}

function stepFromMember(search: Search, member: number): Step | undefined {
  const { residual, prices, next } = search;
  const { problem, sink, drained, partitions, partitionsFrom } = residual;
  const node = problem.partitionCount + member;
  const price = at(prices, node);
  const canDrain = at(drained, member) < at(problem.most, member);
  if (canDrain && admits(search, sink, price))
    return { target: sink, partition: -1, from: member, to: -1 };
  const first = at(partitionsFrom, member);
  const count = at(partitionsFrom, member + 1) - first;
  for (; at(next, node) < count; add(next, node, 1)) {
    const partition = at(partitions, first + at(next, node));
    if (!sits(residual, member, partition)) continue;
    const saving = savingOf(residual, member, partition);
    if (admits(search, partition, price - saving))
      return { target: partition, partition, from: member, to: -1 };
    const takeover = takeoverFrom(search, member, partition);
    if (takeover) return takeover;
  }
  return undefined;
}

/** Another member of the same zone takes over the seat. */
function takeoverFrom(search: Search, from: number, partition: number) {
  const { residual, prices } = search;
  const { problem } = residual;
  const zone = zoneOf(problem, from);
  if (zone === 0) return undefined;
  const cost = costOf(problem, from, partition);
  const price = at(prices, problem.partitionCount + from) - cost;
  const seat = { partition, price, zone, from };
  return takingCandidate(search, seat) ?? takingOutsider(search, seat);
}

/** A seat on offer, and who has it: -1 for an empty one. */
interface Seat extends Offer {
  readonly from: number;
}

function takingCandidate(search: Search, seat: Seat): Step | undefined {
  const { residual } = search;
  const { partition, from } = seat;
  for (const { member, price } of bidsOf(residual, seat)) {
    const target = residual.problem.partitionCount + member;
    if (admits(search, target, price))
      return { target, partition, from, to: member };
  }
  return undefined;
}

function takingOutsider(search: Search, seat: Required<Seat>) {
  const { residual, takers } = search;
  const { problem } = residual;
  const { partition, from, zone } = seat;
  const price = seat.price + outsiderSurcharge(problem, partition);
  const members = takers[zone]?.get(price) ?? [];
  const first = turnOf(residual, partition);
  for (let index = 0; index < members.length; index++) {
    const to = members[(first + index) % members.length] ?? -1;
    const target = problem.partitionCount + to;
    if (isCandidate(problem, to, partition)) continue;
    if (!sits(residual, to, partition)) return { target, partition, from, to };
  }
  return undefined;
}

/** Where a partition begins to look among equals: somewhere else for each of its empty seats. */
function turnOf({ problem, excess }: Residual, partition: number): number {
  return scatter(problem.seed + at(excess, partition), partition);
}
