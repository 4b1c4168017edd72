/** What a run tells people: what happened, what came of it, and how long keys were away. */
import type { Operation } from "../../src/sim/history.ts";
import { type Gap, lengthMs } from "./probes.ts";

/** Answers that tell the caller what became of the operation, and why. */
const decided = new Set(["ok", "condition_failed"]);

export function printTable(
  title: string,
  rows: Readonly<Record<string, number>>,
): void {
  console.log(title);
  for (const [name, count] of Object.entries(rows))
    console.log(`  ${name.padEnd(40)}${String(count).padStart(9)}`);
}

/** `counts` are by `kind: label`. */
export function printShare(
  counts: Readonly<Record<string, number>>,
  seconds: number,
): void {
  const all = Object.entries(counts).filter(([name]) => name.includes(": "));
  const done = all.filter(([name]) => decided.has(name.split(": ")[1] ?? ""));
  const sum = (rows: typeof all) =>
    rows.reduce((total, [, count]) => total + count, 0);
  const share = (100 * sum(done)) / Math.max(1, sum(all));
  console.log(
    `${share.toFixed(1)} % of the operations succeeded, ${Math.round(sum(done) / seconds)} a second`,
  );
}

export function printGaps(longest: ReadonlyMap<string, Gap>): void {
  console.log(
    "longest time between two successes on a key while exactly one node was lost",
  );
  for (const [name, gap] of [...longest].sort(([a], [b]) => (a < b ? -1 : 1))) {
    const when = `at ${(gap.from / 1000).toFixed(1)} s, ${gap.key}`;
    console.log(
      `  ${name.padEnd(40)}${String(Math.round(lengthMs(gap))).padStart(6)} ms  (${when})`,
    );
    console.log(`    ${gap.attempts.slice(-6).join(", ")}`);
  }
  const worst = Math.max(0, ...[...longest.values()].map(lengthMs));
  console.log(
    `longest time a key was unavailable after the loss of one node: ${Math.round(worst)} ms`,
  );
}

export function countByOutcome(
  operations: readonly Operation[],
): Readonly<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const { outcome } of operations)
    counts[outcome.kind] = (counts[outcome.kind] ?? 0) + 1;
  return counts;
}
