/** What a run tells people: what happened, what came of it, and how long keys were away. */
import type { Operation } from "../../src/sim/history.ts";
import { type GapGroup, lengthMs, nothingLost } from "./gaps.ts";

/** Answers that tell the caller what became of the operation, and why. */
const decided: ReadonlySet<string> = new Set(["ok", "condition_failed"]);

/** Of those that it took to succeed. */
const attemptsMax = 4;

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

export function printGaps(groups: ReadonlyMap<string, GapGroup>): void {
  console.log("longest time between two successes on a key, by what was lost");
  const sorted = [...groups].sort(([a], [b]) => (a < b ? -1 : 1));
  for (const [name, { longest, count, longCount }] of sorted) {
    const at = `${(longest.from / 1000).toFixed(1)} s, ${longest.key}`;
    console.log(
      `  ${name.padEnd(40)}${String(Math.round(lengthMs(longest))).padStart(6)} ms (at ${at}); over 1 s: ${longCount} of ${count}`,
    );
    for (const attempt of longest.attempts.slice(-attemptsMax))
      console.log(`    ${attempt}`);
  }
  const ofLosses = sorted.filter(([name]) => !name.endsWith(nothingLost));
  const lengths = ofLosses.map(([, { longest }]) => lengthMs(longest));
  console.log(
    `longest time a key was unavailable after the loss of one node: ${Math.round(Math.max(0, ...lengths))} ms`,
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
