/** Runs a property with a fixed seed: the same cases on every machine, and a failure that comes again. */
import fc from "fast-check";

const seed = 20_261_121;

/** Throws with the smallest counterexample when the property does not hold. */
export function check<Values>(
  property: fc.IProperty<Values>,
  numRuns = 300,
): void {
  fc.assert(property, { seed, numRuns });
}
