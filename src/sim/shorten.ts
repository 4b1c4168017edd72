/** Looks for a shorter run that fails: the same seed, healed after fewer operations. */
import type { SeedReport } from "./run-seed.ts";

const triesMax = 12;

/**
 * The shortest failing run that halving finds; the given one when none is shorter. A longer run of a seed begins like a
 * shorter one, but a run may fail where a longer one does not: it need not be the shortest that there is.
 */
export async function shortenRun(
  failing: SeedReport,
  run: (operationCount: number) => Promise<SeedReport>,
): Promise<SeedReport> {
  let shortest = failing;
  let passing = 0;
  for (let tries = 0; tries < triesMax; tries++) {
    const failingCount = shortest.plan.operationCount;
    const count = Math.floor((passing + failingCount) / 2);
    if (count <= passing) break;
    const report = await run(count);
    if (report.violations.length > 0) shortest = report;
    else passing = count;
  }
  return shortest;
}
