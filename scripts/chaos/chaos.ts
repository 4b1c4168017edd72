/** One run: a ring of processes is formed, worked on under faults, healed, and judged. */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  createHistoryRecorder,
  type Operation,
} from "../../src/sim/history.ts";
import { formatHistory } from "../../src/sim/history-file.ts";
import { historyViolations } from "../../src/sim/invariants.ts";
import { createPrng } from "../../src/sim/prng.ts";
import {
  type Counts,
  createCounts,
  type Violation,
} from "../../src/sim/ring-run.ts";
import type { Arguments } from "./arguments.ts";
import { type Gap, gapGroups } from "./gaps.ts";
import { lostWrites } from "./lost-writes.ts";
import { runNemesis } from "./nemesis.ts";
import type { Network } from "./network.ts";
import { createNodeProcess, type NodeProcess } from "./node-process.ts";
import { runProbes } from "./probes.ts";
import { countByOutcome, printGaps, printShare, printTable } from "./report.ts";
import { createRing, type Ring } from "./ring.ts";
import { readEverything, rest } from "./settled.ts";
import { wander } from "./wanderer.ts";
import { runWorkload } from "./workload.ts";

/** Few, so that a node's joining and leaving takes a second and happens often. */
const partitionCount = 64;

interface Run {
  readonly options: Arguments;
  readonly network: Network;
  readonly ring: Ring;
  readonly violations: Violation[];
  readonly faults: Counts;
  readonly answers: Counts;
  readonly now: () => number;
  readonly say: (line: string) => void;
}

/** Whether there was no violation. */
export async function runChaos(
  options: Arguments,
  network: Network,
): Promise<boolean> {
  const folder = await mkdtemp(join(tmpdir(), "ringwalk-chaos-"));
  const violations: Violation[] = [];
  const began = performance.now();
  const now = () => performance.now() - began;
  const say = (line: string) =>
    console.log(`${(now() / 1000).toFixed(1).padStart(7)} s  ${line}`);
  const nodes: NodeProcess[] = [];
  const endAll = () => Promise.all(nodes.map((node) => node.kill()));
  // A paused node would not notice that this process is gone.
  const endAtExit = () => void endAll();
  process.once("exit", endAtExit);
  try {
    for (let index = 0; index <= options.nodeCount; index++) {
      const name = String.fromCharCode(97 + index);
      nodes.push(
        createNodeProcess({
          name,
          place: await network.place(name),
          folder,
          flags: [
            "--store",
            options.store,
            "--partitions",
            String(partitionCount),
          ],
          onCrash: (detail) => violations.push({ check: "crash", detail }),
        }),
      );
    }
    const ring = createRing(nodes, now);
    const run: Run = {
      options,
      network,
      ring,
      violations,
      faults: createCounts(),
      answers: createCounts(),
      now,
      say,
    };
    await form(run);
    const operations = await play(run);
    await endAll();
    judge(run, operations);
    if (violations.length > 0) {
      const file = join(folder, "history.ndjson");
      await writeFile(file, formatHistory(operations));
      console.log(
        `the history is kept in ${file}, the nodes' data and logs beside it`,
      );
    }
    console.log(
      `${operations.length} operations, ${faultCount(run)} faults, ${violations.length} violations`,
    );
    return violations.length === 0;
  } finally {
    await endAll();
    process.off("exit", endAtExit);
    await network.end();
    if (violations.length === 0)
      await rm(folder, { recursive: true, force: true });
  }
}

/** All but the last are the ring's members. */
async function form({ ring, say, network, options }: Run): Promise<void> {
  const [founder, ...others] = ring.nodes;
  const wanderer = others.pop();
  if (!founder || !wanderer) throw new Error("a ring has nodes");
  await founder.start();
  const join = (node: NodeProcess) =>
    node.start("--join", founder.place.peerUrl);
  await Promise.all([wanderer.start(), ...others.map(join)]);
  for (const node of [founder, ...others]) ring.admit(node);
  say(
    `seed ${options.seed}: a ring of ${options.nodeCount} on ${options.store}; the network: ${network.description}`,
  );
}

/** Load and faults, then peace; gives the history. */
async function play(run: Run): Promise<readonly Operation[]> {
  const {
    options,
    network,
    ring,
    violations,
    faults,
    answers: counts,
    now,
    say,
  } = run;
  const random = createPrng(options.seed);
  const history = createHistoryRecorder(now);
  const stop = new AbortController();
  const parts = { ring, history, counts, violations, now, stop: stop.signal };
  const load = runWorkload(parts, random.fork("workload"), options.clientCount);
  const probes = runProbes(parts, random.fork("probes"));

  const endsAt = now() + options.seconds * 1000;
  const isOver = () => now() > endsAt;
  // Short runs have short faults, so that each kind finds its place.
  const durationMsMax = Math.min(5_000, options.seconds * 50);
  const [node] = ring.nodes.slice(-1);
  if (!node) throw new Error("a ring has nodes");
  const hosts = ring.nodes.slice(0, -1);
  const common = { ring, counts: faults, say };
  const nemesis = runNemesis(
    { ...common, network, random: random.fork("nemesis"), durationMsMax },
    faults,
    isOver,
  );
  const wanderer = wander(
    {
      ...common,
      node,
      hosts,
      random: random.fork("wanderer"),
      stayMsMax: durationMsMax,
    },
    isOver,
  );
  for (const result of await Promise.allSettled([nemesis, wanderer]))
    if (result.status === "rejected")
      violations.push({ check: "faults", detail: `${result.reason}` });

  stop.abort();
  await load;
  report(run, await probes);
  const healedAt = now();
  await rest(ring.members(), violations);
  say(`at rest ${Math.round(now() - healedAt)} ms after the last client`);
  await readEverything(parts);
  say("every key is read through every member");
  return history.operations();
}

function report(
  { faults, answers, ring, now }: Run,
  gaps: readonly Gap[],
): void {
  printTable("faults and changes", faults.all());
  printTable("operations", answers.all());
  printShare(answers.all(), now() / 1000);
  printGaps(gapGroups(gaps, ring.losses()));
}

function judge({ violations }: Run, operations: readonly Operation[]): void {
  printTable("outcomes, the last reads included", countByOutcome(operations));
  const isLastRead = ({ client }: Operation) => client.startsWith("last-");
  for (const detail of lostWrites(operations, isLastRead))
    violations.push({ check: "acknowledged writes", detail });
  violations.push(...historyViolations(operations));
  for (const { check, detail, picture } of violations) {
    console.log(`${check}: ${detail}`);
    if (picture !== undefined) console.log(picture);
  }
}

function faultCount({ faults }: Run): number {
  return Object.entries(faults.all())
    .filter(([name]) => !name.includes("tried again"))
    .reduce((total, [, count]) => total + count, 0);
}
