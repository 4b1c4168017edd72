/** Runs seeds of the simulator from the command line: `npm run sim -- --seed 7`, or `--seeds 1-1000`. */
import { parseArgs } from "node:util";
import { faults } from "./nemesis.ts";
import { runSeed, type SeedReport } from "./run-seed.ts";

const usage = `usage: npm run sim -- (--seed N | --seeds A-B) [--operations N] [--trace] [--twice]

  --seed N         runs one seed
  --seeds A-B      runs the seeds from A to B
  --operations N   so many operations a seed (500)
  --trace          prints everything that happens, a line each
  --twice          runs each seed twice, and compares the traces`;

interface Arguments {
  readonly first: number;
  readonly last: number;
  readonly operationCount: number;
  readonly trace: boolean;
  readonly twice: boolean;
}

const parsed = argumentsOf(process.argv.slice(2));
if (parsed) process.exitCode = (await runSeeds(parsed)) ? 0 : 1;
else {
  console.error(usage);
  process.exitCode = 2;
}

/** Absent when they make no sense. */
function argumentsOf(words: readonly string[]): Arguments | undefined {
  const values = valuesOf(words);
  const range = values?.seeds ?? `${values?.seed}-${values?.seed}`;
  const [, first, last] = /^(\d+)-(\d+)$/.exec(range) ?? [];
  const operationCount = Number(values?.operations ?? 500);
  if (!values || first === undefined || last === undefined) return undefined;
  if (!Number.isSafeInteger(operationCount) || operationCount < 1)
    return undefined;
  const { trace = false, twice = false } = values;
  return {
    first: Number(first),
    last: Number(last),
    operationCount,
    trace,
    twice,
  };
}

function valuesOf(words: readonly string[]) {
  try {
    return parseArgs({
      args: [...words],
      options: {
        seed: { type: "string" },
        seeds: { type: "string" },
        operations: { type: "string" },
        trace: { type: "boolean" },
        twice: { type: "boolean" },
      },
    }).values;
  } catch {
    return undefined;
  }
}

/** Whether no seed showed a violation. */
async function runSeeds(options: Arguments): Promise<boolean> {
  const { first, last, operationCount, trace, twice } = options;
  const totals = new Map<string, number>();
  let seedCount = 0;
  let operationTotal = 0;
  let violationCount = 0;
  for (let seed = first; seed <= last; seed++) {
    const report = await runSeed({
      seed,
      operationCount,
      ...(trace && { onTrace: (line) => console.log(line) }),
    });
    const again = twice ? await runSeed({ seed, operationCount }) : report;
    const violations = [
      ...report.violations,
      ...(again.traceHash === report.traceHash
        ? []
        : [{ check: "determinism", detail: "the second run went otherwise" }]),
    ];
    if (violations.length > 0) {
      const replay = `npm run sim -- --seed ${seed} --operations ${operationCount}`;
      printViolations(seed, violations, replay);
    }
    seedCount++;
    operationTotal += report.operationCount;
    violationCount += violations.length;
    for (const [name, count] of Object.entries(report.counts))
      totals.set(name, (totals.get(name) ?? 0) + count);
  }
  printTotals(totals);
  const faultTotal = Object.keys(faults).reduce(
    (sum, name) => sum + (totals.get(name) ?? 0),
    0,
  );
  console.log(
    `${seedCount} seeds, ${operationTotal} operations, ${faultTotal} faults, ${violationCount} violations`,
  );
  return violationCount === 0;
}

function printViolations(
  seed: number,
  violations: SeedReport["violations"],
  replay: string,
): void {
  console.log(`seed ${seed}:`);
  for (const { check, detail, picture } of violations) {
    console.log(`  ${check}: ${detail}`);
    if (picture !== undefined) console.log(picture);
  }
  console.log(`  replay with: ${replay}`);
}

function printTotals(totals: ReadonlyMap<string, number>): void {
  const nameOf = (name: string) => name.padEnd(32);
  const ofFaults = Object.keys(faults).map(
    (name) => [name, totals.get(name) ?? 0] as const,
  );
  const others = [...totals].filter(([name]) => !(name in faults)).sort();
  for (const [name, count] of [...ofFaults, ...others])
    console.log(`${nameOf(name)}${count}`);
}
