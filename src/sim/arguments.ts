/** The command line of the simulator. */
import { availableParallelism } from "node:os";
import { parseArgs } from "node:util";
import type { Plan } from "./plan.ts";

/** Printed when the words make no sense. */
export const usage = `usage: npm run sim -- (--seed N | --seeds A-B | --minutes M) [--nodes N] [--operations N] [--jobs N]
                     [--consistency eventual] [--verbose] [--twice] [--trace]
       npm run sim -- --broken NAME [--seeds A-B]
       npm run sim -- --broken list

  --seed N         runs one seed
  --seeds A-B      runs the seeds from A to B
  --minutes M      begins no seed when so much time is over; without --seeds it goes on from seed 1
  --nodes N        rings of N nodes, 3 to 12; else the seed draws how many
  --operations N   so many operations a seed (500), and at least one fault in a hundred of them
  --jobs N         so many seeds at once (one a core)
  --consistency C  rings founded as linearizable (so unless told) or eventual, each judged by what it promises
  --verbose        prints a line a seed
  --twice          runs each seed twice, and compares the traces
  --trace          prints everything that happens, a line each
  --broken NAME    runs a variant that breaks one rule, over its own seeds until it is caught; "list" prints the names`;

/** What the words ask for, with the defaults filled in. */
export interface Arguments {
  readonly first: number;
  readonly last: number;
  /** Whether the seeds were said, not taken by default. */
  readonly hasSeeds: boolean;
  readonly minutes?: number;
  readonly nodeCount?: number;
  readonly consistency: Plan["consistency"];
  readonly operationCount: number;
  readonly jobCount: number;
  readonly isVerbose: boolean;
  readonly twice: boolean;
  readonly trace: boolean;
  readonly broken?: string;
}

/** Absent when they make no sense. */
export function parseArguments(
  words: readonly string[],
): Arguments | undefined {
  const values = valuesOf(words);
  if (!values) return undefined;
  const { seed, minutes, nodes, broken } = values;
  if (seed !== undefined && values.seeds !== undefined) return undefined;
  const range = seed === undefined ? values.seeds : `${seed}-${seed}`;
  const [, from, to] = /^(\d+)-(\d+)$/.exec(range ?? "") ?? [];
  if (range === undefined && minutes === undefined && broken === undefined)
    return undefined;
  if (range !== undefined && !isRange(Number(from), Number(to)))
    return undefined;
  const numbers = {
    operations: Number(values.operations ?? 500),
    jobs: Number(values.jobs ?? availableParallelism()),
    nodes: Number(nodes ?? 3),
  };
  const areWhole = Object.values(numbers).every(
    (number) => Number.isSafeInteger(number) && number >= 1,
  );
  if (!areWhole || numbers.nodes < 3 || numbers.nodes > 12) return undefined;
  if (minutes !== undefined && !(Number(minutes) > 0)) return undefined;
  const { consistency = "linearizable" } = values;
  if (consistency !== "linearizable" && consistency !== "eventual")
    return undefined;
  return {
    first: Number(from ?? 1),
    last: to === undefined ? Number.MAX_SAFE_INTEGER : Number(to),
    hasSeeds: range !== undefined,
    ...(minutes !== undefined && { minutes: Number(minutes) }),
    ...(nodes !== undefined && { nodeCount: numbers.nodes }),
    consistency,
    operationCount: numbers.operations,
    jobCount: numbers.jobs,
    isVerbose: values.verbose ?? false,
    twice: values.twice ?? false,
    trace: values.trace ?? false,
    ...(broken !== undefined && { broken }),
  };
}

/** None is empty, for a run of no seed would look like a good one; and each number has a next. */
function isRange(first: number, last: number): boolean {
  return first <= last && Number.isSafeInteger(last);
}

function valuesOf(words: readonly string[]) {
  try {
    return parseArgs({
      args: [...words],
      options: {
        seed: { type: "string" },
        seeds: { type: "string" },
        minutes: { type: "string" },
        nodes: { type: "string" },
        consistency: { type: "string" },
        operations: { type: "string" },
        jobs: { type: "string" },
        verbose: { type: "boolean" },
        twice: { type: "boolean" },
        trace: { type: "boolean" },
        broken: { type: "string" },
      },
    }).values;
  } catch {
    return undefined;
  }
}
