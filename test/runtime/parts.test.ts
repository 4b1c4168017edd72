/**
 * The parts that a runtime is under, on Bun and on Deno: stores, calls to peers and the client, by their own tests, run
 * there. So it is that runtime's SQLite, files, locks and flushes, its `fetch`, and the errors of both.
 */
import { spawn } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { text } from "node:stream/consumers";
import { expect, onTestFinished, test } from "vitest";
import { testFolder } from "../store/folder.ts";

const binary = (name: string) => resolve("node_modules/.bin", name);

/** Each can run vitest in one way only: Bun has no channel to forks that may be let go, Deno no port that may. */
const commands = {
  bun: [binary("bun"), "--bun", "--pool=threads"],
  deno: [binary("deno"), "run", "-A", "--pool=forks"],
} as const;

const files = [
  "test/runtime/this-runtime.test.ts",
  "test/store/sqlite.test.ts",
  "test/store/fs.test.ts",
  "test/store/fsync.test.ts",
  "test/store/in-use.test.ts",
  "test/store/kill.test.ts",
  "test/store/store-error.test.ts",
  "test/transport/fetch.test.ts",
  "test/client/batch.test.ts",
  "test/client/byte-client.test.ts",
  "test/client/failover.test.ts",
  "test/client/helpers.test.ts",
  "test/client/other-ring.test.ts",
  "test/client/value.test.ts",
];
/** Flushes 5,000 files: that is the disk's time. */
const leftOut = "thousands of operations at once";
/** What the files have at the least, so that none of them was overlooked. */
const testCountMin = 250;

/** What is read of vitest's JSON report. */
interface Report {
  readonly numPassedTests: number;
  readonly testResults: readonly {
    readonly name: string;
    readonly status: string;
    readonly message: string;
    readonly assertionResults: readonly {
      readonly fullName: string;
      readonly status: string;
      readonly failureMessages: readonly string[];
    }[];
  }[];
}

test.for(["bun", "deno"] as const)(
  "the tests of stores, transport and client pass on %s",
  { timeout: 300_000 },
  async (runtime) => {
    const { testResults, numPassedTests } = await runTests(runtime);
    const failures = testResults
      .flatMap(({ assertionResults }) => assertionResults)
      .filter(({ status }) => status === "failed");
    expect(failures).toEqual([]);
    expect(testResults.map(({ status }) => status)).toEqual(
      files.map(() => "passed"),
    );
    expect(numPassedTests).toBeGreaterThanOrEqual(testCountMin);
  },
);

async function runTests(runtime: keyof typeof commands): Promise<Report> {
  const [command, ...rest] = commands[runtime];
  const pool = rest.pop() ?? "";
  const file = join(testFolder(), "report.json");
  const vitest = resolve("node_modules/vitest/vitest.mjs");
  const options = [
    pool,
    "--project=parts",
    "--no-file-parallelism",
    "--reporter=json",
    `--outputFile=${file}`,
    `--testNamePattern=^(?!.*${leftOut})`,
  ];
  const inherited = Object.entries(process.env).filter(
    ([name]) => !/^(VITEST|RINGWALK)/.test(name),
  );
  const child = spawn(command, [...rest, vitest, "run", ...files, ...options], {
    env: { ...Object.fromEntries(inherited), RINGWALK_TEST_RUNTIME: runtime },
    stdio: ["ignore", "pipe", "pipe"],
  });
  onTestFinished(() => void child.kill("SIGKILL"));
  const [stdout, stderr] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
  ]);
  if (!existsSync(file))
    throw new Error(`vitest on ${runtime} gave no report: ${stdout}${stderr}`);
  return JSON.parse(readFileSync(file, "utf8")) as Report;
}
