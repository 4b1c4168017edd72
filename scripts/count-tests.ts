/** Prints the closing line of CI, `N passed, N failed`, and before it what was skipped, from the test runner's own JSON report. */
import { readFileSync } from "node:fs";
import * as v from "valibot";

const reportSchema = v.object({
  numPassedTests: v.number(),
  numFailedTests: v.number(),
  numPendingTests: v.number(),
  numFailedTestSuites: v.number(),
  success: v.boolean(),
});

const [path] = process.argv.slice(2);
if (!path) throw new Error("usage: count-tests.ts REPORT.json");
const report = v.parse(reportSchema, JSON.parse(readFileSync(path, "utf8")));
// A file that failed to load has no failed test of its own: it counts as one.
const failed = Math.max(
  report.numFailedTests,
  report.success ? 0 : Math.max(1, report.numFailedTests),
);
console.log(`${report.numPendingTests} skipped`);
console.log(`${report.numPassedTests} passed, ${failed} failed`);
