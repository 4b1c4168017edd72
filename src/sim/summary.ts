/** What many seeds did together, as a table and one closing line. */
import { faults } from "./nemesis.ts";
import { plots } from "./plots.ts";
import type { SeedReport } from "./run-seed.ts";

/** The sum of the reports that were added, printed to stdout. */
export interface Summary {
  add(report: SeedReport): void;
  violationCount(): number;
  print(): void;
}

const operationLabel = /^(?:get|put|delete|eventual-get): (.*)$/;
/** Answers that tell the caller what became of the operation, and why. */
const decided = new Set(["ok", "condition_failed"]);

const isFault = (name: string) => name in faults || name in plots;

/** No seed is added yet. The share of decided operations that it prints is that of gets, puts and deletes. */
export function createSummary(): Summary {
  const counts = new Map<string, number>();
  const network = new Map<string, number>();
  const disks = new Map<string, number>();
  let seedCount = 0;
  let operationCount = 0;
  let violationCount = 0;

  const faultCount = () => sum([...counts].filter(([name]) => isFault(name)));

  function printTable(
    title: string,
    rows: readonly (readonly [string, number])[],
  ): void {
    console.log(title);
    for (const [name, count] of rows)
      console.log(`  ${name.padEnd(32)}${String(count).padStart(9)}`);
  }

  return {
    add(report) {
      seedCount++;
      operationCount += report.operationCount;
      violationCount += report.violations.length;
      addAll(counts, report.counts);
      addAll(network, report.network);
      addAll(disks, report.disks);
    },
    violationCount: () => violationCount,
    print() {
      const others = [...counts].filter(([name]) => !isFault(name)).sort();
      const operations = others.filter(([name]) => operationLabel.test(name));
      const done = operations.filter(([name]) =>
        decided.has(operationLabel.exec(name)?.[1] ?? ""),
      );
      printTable(
        "faults",
        [
          ...Object.keys(faults),
          ...Object.keys(plots).filter((name) => counts.has(name)),
        ].map((name) => [name, counts.get(name) ?? 0]),
      );
      printTable("messages", [...network]);
      printTable("disks", [...disks]);
      printTable("operations and changes", others);
      const share = (100 * sum(done)) / Math.max(1, sum(operations));
      console.log(`${share.toFixed(1)} % of the operations were decided`);
      console.log(
        `${seedCount} seeds, ${operationCount} operations, ${faultCount()} faults, ${violationCount} violations`,
      );
    },
  };
}

function addAll(
  totals: Map<string, number>,
  counts: Readonly<Record<string, number>>,
): void {
  for (const [name, count] of Object.entries(counts))
    totals.set(name, (totals.get(name) ?? 0) + count);
}

function sum(rows: readonly (readonly [string, number])[]): number {
  return rows.reduce((total, [, count]) => total + count, 0);
}
