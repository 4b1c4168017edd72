/** The min-cost flow behind placement, solved exactly: primal-dual (Ahuja, Magnanti, Orlin, "Network Flows", 9.8). */
import { augment } from "./placement-augment.ts";
import { reprice } from "./placement-prices.ts";
import {
  indexMembers,
  residualOf,
  type TransportProblem,
} from "./placement-residual.ts";
import { scatteredOrder } from "./placement-scatter.ts";

/**
 * Who sits at each partition at the least total cost, `seatCount` member numbers for each. Members that stay keep
 * their seats. Absent when the bounds cannot be met.
 */
export function transport(problem: TransportProblem): Int32Array | undefined {
  const residual = residualOf(problem);
  const prices = new Float64Array(residual.sink + 1);
  const order = scatteredOrder(problem.partitionCount, problem.seed);
  while (residual.excess.some((units) => units > 0)) {
    indexMembers(residual, order);
    if (!reprice(residual, prices)) return undefined;
    if (augment(residual, prices) === 0)
      throw new Error("the prices promise a path that is not there");
  }
  return residual.seats;
}
