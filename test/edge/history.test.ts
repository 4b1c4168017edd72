/** Clients of a ring of Durable Objects that is split, slowed and evicted: what they were told is judged. */
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, expect, test } from "vitest";
import { lostWrites } from "../../scripts/chaos/lost-writes.ts";
import type { NodeProcess } from "../../scripts/chaos/node-process.ts";
import { createRing } from "../../scripts/chaos/ring.ts";
import { readEverything, rest } from "../../scripts/chaos/settled.ts";
import { runWorkload } from "../../scripts/chaos/workload.ts";
import { createHistoryRecorder } from "../../src/sim/history.ts";
import { historyViolations } from "../../src/sim/invariants.ts";
import { createPrng } from "../../src/sim/prng.ts";
import {
  type Counts,
  createCounts,
  type Violation,
} from "../../src/sim/ring-run.ts";
import {
  createEdgeNodes,
  type EdgeNode,
  type EdgeNodes,
  type Intercept,
} from "./edge-node.ts";
import { edgeRingOfThree } from "./edge-ring.ts";

let nodes: EdgeNodes;
afterEach(() => nodes?.close());

/** How many writes have to succeed, however long that takes. */
const appliedCount = 150;
const clientCount = 6;

/** A network whose faults are switched, and how often each met a call. */
function createFaultyNetwork(random: ReturnType<typeof createPrng>) {
  const counts = createCounts();
  const network = { cut: "", isNoisy: false };
  const foreign = () => new Response("error code: 1042", { status: 404 });
  const intercept: Intercept = async ({ from, to, deliver }) => {
    if (network.cut === from || network.cut === to) {
      counts.add("cut");
      // Some are lost, for others the platform has an answer of its own.
      if (random.chance(0.5)) await sleep(1_000);
      return foreign();
    }
    if (!network.isNoisy) return undefined;
    const fate = random.fraction();
    if (fate < 0.1) {
      counts.add("lost");
      return foreign();
    }
    if (fate < 0.2) {
      counts.add("answer lost");
      await deliver();
      return foreign();
    }
    if (fate < 0.3) {
      counts.add("doubled");
      await deliver();
      return undefined;
    }
    if (fate < 0.5) {
      counts.add("late");
      await sleep(random.between(1, 200));
    }
    return undefined;
  };
  return { network, intercept, counts };
}

const writesOk = (answers: Counts) =>
  answers.get("put: ok") + answers.get("delete: ok");

function asProcess(node: EdgeNode): NodeProcess {
  const { name, url } = node;
  return {
    name,
    place: {
      host: "127.0.0.1",
      port: Number(new URL(url).port),
      peerUrl: url,
      clientUrl: url,
      prefix: [],
    },
    start: () => node.start(),
    kill: () => node.stop(),
    pause() {},
    resume() {},
  };
}

test("is linearizable, and nothing acknowledged is lost", async () => {
  const random = createPrng("edge");
  const { network, intercept, counts } = createFaultyNetwork(random);
  nodes = createEdgeNodes();
  const members = await edgeRingOfThree(nodes, intercept);

  const began = performance.now();
  const now = () => performance.now() - began;
  const processes = members.map(asProcess);
  const ring = createRing(processes, now);
  for (const node of processes) ring.admit(node);
  const history = createHistoryRecorder(now);
  const answers = createCounts();
  const violations: Violation[] = [];
  const stop = new AbortController();
  const parts = {
    ring,
    history,
    counts: answers,
    violations,
    now,
    stop: stop.signal,
  };
  const load = runWorkload(parts, random.fork("clients"), clientCount);

  while (writesOk(answers) < appliedCount) {
    const node = random.pick(members);
    const fault = random.pick(["evict", "evict", "cut", "noise"]);
    counts.add(fault);
    if (fault === "evict") await node.evict();
    if (fault === "cut") network.cut = node.name;
    network.isNoisy = fault === "noise";
    await sleep(random.between(100, 1_500));
    network.cut = "";
  }
  network.isNoisy = false;
  stop.abort();
  await load;
  await rest(ring.members(), violations);
  await readEverything(parts);

  const operations = history.operations();
  const isLastRead = ({ client }: { client: string }) =>
    client.startsWith("last-");
  expect(violations).toEqual([]);
  expect(lostWrites(operations, isLastRead)).toEqual([]);
  expect(historyViolations(operations)).toEqual([]);
  // A run in which nothing goes wrong would prove nothing.
  for (const fault of ["evict", "cut", "lost", "answer lost", "doubled"])
    expect(counts.get(fault), fault).toBeGreaterThan(0);
  console.log("faults", counts.all(), "answers", answers.all());
});
