/** The prices of a residual graph's nodes: what a unit has cost by the time it gets there, by Dijkstra's algorithm. */
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
import { at, type Residual } from "./placement-residual.ts";

/** Distances are reduced: the costs of a path's steps, plus the price where it starts, minus the price where it ends. */
interface Search {
  readonly residual: Residual;
  readonly prices: Float64Array;
  readonly distances: Float64Array;
  readonly settled: Uint8Array;
  /** The distance that is being settled, and the nodes at it. */
  level: number;
  readonly stack: number[];
  /** For each zone the lowest price at which its outsiders were offered a seat, and those who have yet to hear it. */
  readonly lowestOffers: Float64Array;
  readonly unreached: (readonly number[])[];
}

/**
 * Raises the prices until some path from an excess to a lack costs just what the price rises along it, and still no
 * step costs less than the price rises along it. False when no path is left.
 */
export function reprice(residual: Residual, prices: Float64Array): boolean {
  const search = startSearch(residual, prices);
  while (findLevel(search)) {
    if (!settleLevel(search)) continue;
    search.distances.forEach((distance, node) => {
      prices[node] = at(prices, node) + Math.min(distance, search.level);
    });
    return true;
  }
  return false;
}

function startSearch(residual: Residual, prices: Float64Array): Search {
  const zoneCount = residual.outsiders.length;
  return {
    residual,
    prices,
    distances: Float64Array.from(residual.excess, (units) =>
      units > 0 ? 0 : Number.POSITIVE_INFINITY,
    ),
    settled: new Uint8Array(prices.length),
    level: 0,
    stack: [],
    lowestOffers: new Float64Array(zoneCount).fill(Number.POSITIVE_INFINITY),
    unreached: new Array(zoneCount).fill([]),
  };
}

/**
 * Finds the next distance. Few differ, so that looking through all nodes costs less than a heap. False when none is
 * left.
 */
function findLevel(search: Search): boolean {
  const { distances, settled, stack } = search;
  search.level = Number.POSITIVE_INFINITY;
  distances.forEach((distance, node) => {
    if (settled[node] === 1 || distance > search.level) return;
    if (distance < search.level) stack.length = 0;
    search.level = distance;
    stack.push(node);
  });
  return search.level < Number.POSITIVE_INFINITY;
}

/** Whether one of the nodes at this level lacks units. */
function settleLevel(search: Search): boolean {
  const { residual, settled, stack } = search;
  let isLackFound = false;
  for (let node = stack.pop(); node !== undefined; node = stack.pop()) {
    if (settled[node] === 1) continue;
    settled[node] = 1;
    if (at(residual.excess, node) < 0) isLackFound = true;
    tryStepsFrom(search, node);
  }
  return isLackFound;
}

function tryStepsFrom(search: Search, node: number): void {
  const { residual, prices, level } = search;
  const { partitionCount } = residual.problem;
  const price = at(prices, node) + level;
  if (node === residual.sink) stepsFromSink(search, price);
  else if (node < partitionCount) stepsFromPartition(search, node, price);
  else stepsFromMember(search, node - partitionCount, price);
}

function stepsFromSink(search: Search, price: number): void {
  const { problem, drained } = search.residual;
  drained.forEach((units, member) => {
    if (units > at(problem.least, member))
      reach(search, problem.partitionCount + member, price);
  });
}

function stepsFromPartition(search: Search, partition: number, price: number) {
  const { residual } = search;
  offerToCandidates(search, { partition, price });
  for (let zone = 0; zone < residual.outsiders.length; zone++) {
    const zoneCost = zoneCostOf(residual, zone, partition);
    offerToOutsiders(search, { partition, price: price + zoneCost, zone });
  }
}

function stepsFromMember(search: Search, member: number, price: number): void {
  const { residual } = search;
  const { problem, sink, drained, partitions, partitionsFrom } = residual;
  if (at(drained, member) < at(problem.most, member))
    reach(search, sink, price);
  const zone = zoneOf(problem, member);
  const end = at(partitionsFrom, member + 1);
  for (let index = at(partitionsFrom, member); index < end; index++) {
    const partition = at(partitions, index);
    reach(search, partition, price - savingOf(residual, member, partition));
    if (zone === 0) continue;
    const given = price - costOf(problem, member, partition);
    offerToCandidates(search, { partition, price: given, zone });
    offerToOutsiders(search, { partition, price: given, zone });
  }
}

function offerToCandidates(search: Search, offer: Offer): void {
  const { residual } = search;
  for (const { member, price } of bidsOf(residual, offer))
    reach(search, residual.problem.partitionCount + member, price);
}

/**
 * For the outsiders of a zone all offers differ in price alone. One that is not below the lowest so far is news only to
 * those who could not take that one, so that few offers have to be shown to everybody.
 */
function offerToOutsiders(search: Search, offer: Required<Offer>): void {
  const { residual, lowestOffers, unreached } = search;
  const { problem, outsiders } = residual;
  const { partition, zone } = offer;
  const price = offer.price + outsiderSurcharge(problem, partition);
  const isLowest = price < at(lowestOffers, zone);
  const members = (isLowest ? outsiders : unreached)[zone] ?? [];
  if (members.length === 0) return;
  if (isLowest) lowestOffers[zone] = price;
  unreached[zone] = members.filter((member) => {
    if (isCandidate(problem, member, partition)) return true;
    if (sits(residual, member, partition)) return true;
    const cost = outsiderCostOf(problem, member);
    reach(search, problem.partitionCount + member, price + cost);
    return price > at(lowestOffers, zone);
  });
}

function reach(search: Search, node: number, price: number): void {
  const { prices, distances, level, stack } = search;
  const distance = price - at(prices, node);
  if (distance < level) throw new Error("a step costs less than nothing");
  if (distance >= at(distances, node)) return;
  distances[node] = distance;
  if (distance === level) stack.push(node);
}
