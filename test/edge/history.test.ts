/** Clients of rings with Durable Objects, which are split, slowed, killed and evicted: what they were told is judged. */
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, expect, test } from "vitest";
import { createPrng } from "../../src/sim/prng.ts";
import { createCounts } from "../../src/sim/ring-run.ts";
import { joinRing, leaveRing } from "../e2e/calls.ts";
import { type CheckedLoad, startCheckedLoad } from "../e2e/checked-load.ts";
import { expectPeers } from "../e2e/seed-scenarios.ts";
import { nodesForTest } from "../e2e/test-nodes.ts";
import { until } from "../e2e/until.ts";
import {
  createEdgeNodes,
  type EdgeNodes,
  type Intercept,
} from "./edge-node.ts";
import { edgeRingOfThree, isInRingOf } from "./edge-ring.ts";

let nodes: EdgeNodes;
afterEach(() => nodes?.close());

/** How many operations are served, however long that takes. */
const servedCount = 500;
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

/** Strikes until the clients have been served so often, and all of that has been met that has to be. */
async function strikeUntil(
  served: Promise<void>,
  isAllMet: () => boolean,
  strike: () => Promise<void>,
): Promise<void> {
  let isServed = false;
  const over = served.finally(() => {
    isServed = true;
  });
  while (!isServed || !isAllMet()) await strike();
  await over;
}

async function expectNoViolation(load: CheckedLoad): Promise<void> {
  expect(await load.judge()).toEqual([]);
  for (const operation of ["get", "put", "delete", "eventual-get"])
    expect(load.counts()[`${operation}: ok`]).toBeGreaterThan(0);
}

test("three objects that are split, slowed and evicted agree", async () => {
  const random = createPrng("edge");
  const { network, intercept, counts } = createFaultyNetwork(random);
  nodes = createEdgeNodes();
  const members = await edgeRingOfThree(nodes, intercept);
  const load = startCheckedLoad(members, { clientCount, seed: 1 });
  // A run in which nothing goes wrong would prove nothing, however fast it is served.
  const faults = ["evicted", "cut", "lost", "answer lost", "doubled", "late"];
  const isAllMet = () => faults.every((fault) => (counts.get(fault) ?? 0) > 0);
  await strikeUntil(load.untilServed(servedCount), isAllMet, async () => {
    const node = random.pick(members);
    const fault = random.pick(["evict", "evict", "cut", "noise"]);
    if (fault === "evict") {
      await node.evict();
      counts.add("evicted");
    }
    if (fault === "cut") network.cut = node.name;
    network.isNoisy = fault === "noise";
    await sleep(random.between(100, 1_500));
    network.cut = "";
  });
  network.isNoisy = false;
  await expectNoViolation(load);
});

test("an object, a Node.js process and a Bun process, each with every key, agree", async () => {
  nodes = createEdgeNodes();
  const processes = await nodesForTest({
    partitions: 32,
    replicas: 3,
    runtimes: { nodejs: "nodejs", bun: "bun" },
  });
  const founder = await processes.start("nodejs");
  const edge = await nodes.start({
    name: "edge",
    variables: { ...openly, JOIN: founder.url },
  });
  await until(() => isInRingOf(edge, 2), "the object is in the ring");
  const bun = await processes.start("bun", "--join", edge.url);
  const ring = [founder, edge, bun];
  const load = startCheckedLoad(ring, { clientCount, seed: 2 });

  for (const node of [founder, bun]) {
    await node.kill();
    await load.untilServed(100);
    await node.restart();
    await load.untilServed(50);
    await edge.evict();
  }
  await edge.stop();
  await load.untilServed(100);
  await edge.start();
  await load.untilServed(50);

  const more = await nodes.start({
    name: "more",
    variables: { ...openly, JOIN: bun.url },
  });
  await until(() => isInRingOf(more, 4), "another object is in the ring");
  load.admit(more);
  await load.untilServed(50);
  await load.retire(edge);
  await leaveRing(edge);
  await load.untilServed(50);
  await joinRing(edge, founder);
  load.admit(edge);
  await load.untilServed(50);

  await expectNoViolation(load);
  await expectPeers([founder, bun, edge, more]);
});

/** The processes of these tests have no secret. */
const openly = { SECRET: "", INSECURE: "true" };
