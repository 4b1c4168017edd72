/** Runs seeds of the simulator from the command line: `npm run sim -- --seed 7`, or `--seeds 1-1000`. */
import { type Arguments, parseArguments, usage } from "./arguments.ts";
import { variantNames, variants } from "./broken/variants.ts";
import type { SeedReport } from "./run-seed.ts";
import { createSeedPool, type SeedTask } from "./seed-pool.ts";
import { shortenRun } from "./shorten.ts";
import { createSummary } from "./summary.ts";

const parsed = parseArguments(process.argv.slice(2));
process.exitCode = await main(parsed);

/** 0: no violation. 1: there was one. 2: nothing was run. */
async function main(options: Arguments | undefined): Promise<number> {
  const { broken } = options ?? {};
  if (options && broken === "list") {
    for (const name of variantNames) console.log(name);
    return 0;
  }
  if (!options || (broken !== undefined && !(broken in variants))) {
    console.error(options ? `There is no variant ${broken}.` : usage);
    return 2;
  }
  return (await runSeeds(options)) ? 0 : 1;
}

function* seedsOf(options: Arguments): Generator<number> {
  const { broken, hasSeeds, minutes = Number.POSITIVE_INFINITY } = options;
  const own = broken === undefined ? undefined : variants[broken]?.seeds;
  const [first, last] = own && !hasSeeds ? own : [options.first, options.last];
  const endsAt = performance.now() + minutes * 60_000;
  for (let seed = first; seed <= last; seed++) {
    if (performance.now() > endsAt) return;
    yield seed;
  }
}

function taskOf(options: Arguments, seed: number): SeedTask {
  const { broken, nodeCount, consistency, operationCount, trace } = options;
  const scenario =
    broken === undefined ? undefined : variants[broken]?.scenario;
  return {
    seed,
    consistency,
    operationCount,
    trace,
    ...(nodeCount !== undefined && { nodeCount }),
    ...(scenario && { scenario }),
  };
}

/** Whether no seed showed a violation. A variant is done with the first one. */
async function runSeeds(options: Arguments): Promise<boolean> {
  const { broken, twice, isVerbose, trace } = options;
  // Two seeds would print into each other.
  const jobCount = trace ? 1 : options.jobCount;
  const pool = createSeedPool({ jobCount, broken });
  const summary = createSummary();
  const seeds = seedsOf(options);
  const isCaught = () => broken !== undefined && summary.violationCount() > 0;

  async function runOne(seed: number): Promise<void> {
    const task = taskOf(options, seed);
    let report = await pool.run(task);
    if (twice) report = compared(report, await pool.run(task));
    summary.add(report);
    if (isVerbose) console.log(lineOf(seed, report));
    if (report.violations.length === 0) return;
    // Of a variant it is enough to know that it is caught.
    if (broken !== undefined && !isVerbose) {
      printViolations(seed, report, options);
      return;
    }
    const shortest = await shortenRun(report, (operationCount) =>
      pool.run({ ...task, operationCount, trace: false }),
    );
    printViolations(seed, shortest, options);
  }

  async function runInTurn(): Promise<void> {
    for (const seed of seeds) {
      await runOne(seed);
      if (isCaught()) return;
    }
  }

  await Promise.all(Array.from({ length: jobCount }, runInTurn));
  await pool.close();
  summary.print();
  return summary.violationCount() === 0;
}

function compared(first: SeedReport, second: SeedReport): SeedReport {
  if (first.traceHash === second.traceHash) return first;
  const detail = "the second run went otherwise";
  return {
    ...first,
    violations: [...first.violations, { check: "determinism", detail }],
  };
}

function lineOf(seed: number, report: SeedReport): string {
  const { plan, operationCount, virtualMs, violations } = report;
  const { nodeCount, replicaCount, schedule } = plan;
  return [
    `seed ${seed}: ${nodeCount} nodes, ${replicaCount} replicas, ${schedule} by ${schedule}`,
    `${operationCount} operations in ${Math.round(virtualMs / 1000)} s`,
    `${violations.length} violations`,
  ].join(", ");
}

function printViolations(
  seed: number,
  { plan, violations }: SeedReport,
  { nodeCount, consistency, broken }: Arguments,
): void {
  console.log(`seed ${seed}, ${plan.operationCount} operations:`);
  for (const { check, detail, picture } of violations) {
    console.log(`  ${check}: ${detail}`);
    if (picture !== undefined) console.log(picture);
  }
  const flags = [
    `--seed ${seed} --operations ${plan.operationCount}`,
    ...(nodeCount === undefined ? [] : [`--nodes ${nodeCount}`]),
    ...(consistency === "eventual" ? ["--consistency eventual"] : []),
    ...(broken === undefined ? [] : [`--broken ${broken}`]),
  ];
  console.log(`  replay with: npm run sim -- ${flags.join(" ")}`);
}
