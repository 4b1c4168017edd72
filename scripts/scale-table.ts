/**
 * What a ring costs as it grows, as a table: messages when it is idle, for an operation and for a join, counted in
 * simulated rings of real nodes; and what each member holds and computes, for up to 1,000 of them: `npm run scale`.
 */
import Table from "cli-table3";
import type { Layout, Member } from "../src/core/layout.ts";
import { jointLayout } from "../src/core/layout-change.ts";
import { encodeLayout } from "../src/core/layout-codec.ts";
import {
  partitionCountDefault,
  systemSizeMax,
  valueBytesDefault,
} from "../src/core/limits.ts";
import { place } from "../src/core/placement.ts";
import type { RingNode } from "../src/node/api.ts";
import { createWorld } from "../src/sim/world.ts";

const replicaCount = 3;
const keyCount = 500;
const hourMs = 3_600_000;
/** Beyond this a simulation takes minutes; the layout's arithmetic goes on. */
const simulatedMax = 50;

interface Traffic {
  readonly idleAnHour: number;
  readonly perGet: number;
  readonly perPut: number;
  readonly perJoin: number;
}

const table = new Table({
  head: [
    "members",
    "messages an idle hour",
    "a GET",
    "a PUT",
    `a join, ${keyCount} keys`,
    "steps to a replica",
    "layout",
    "computed in",
  ],
});
for (const count of [3, 5, 10, 20, 50, 100, 200, 500, 1_000]) {
  const traffic = count <= simulatedMax ? await simulate(count) : undefined;
  const { bytes, tookMs } = measureLayout(count);
  table.push([
    count,
    traffic?.idleAnHour ?? "",
    traffic?.perGet.toFixed(2) ?? "",
    traffic?.perPut.toFixed(2) ?? "",
    traffic?.perJoin ?? "",
    "0 or 1",
    `${(bytes / 1024).toFixed(0)} KiB`,
    `${tookMs.toFixed(0)} ms`,
  ]);
}
console.log(table.toString());

/** A ring of the default number of partitions, and one more node that joins it. */
async function simulate(memberCount: number): Promise<Traffic> {
  let sent = 0;
  const world = createWorld({
    seed: "scale",
    founding: { partitionCount: partitionCountDefault, replicaCount },
    onEffect: (_, effect) => {
      if (effect === "send") sent++;
    },
  });
  const { scheduler } = world;
  const during = async (work: () => Promise<unknown>): Promise<number> => {
    const before = sent;
    await work();
    return sent - before;
  };
  const wait = (ms: number) => scheduler.run({ untilMs: scheduler.now() + ms });
  const nodes: RingNode[] = [];
  const join = async () => {
    const node = await scheduler.settle(
      world.machine(`n${nodes.length}`).start(),
    );
    nodes.push(node);
    if (nodes.length === 1) return;
    const joined = await scheduler.settle(node.join({ urls: ["http://n0"] }));
    if (!joined.ok) throw new Error(joined.error.message);
    await wait(10_000);
  };
  const nodeAt = (index: number): RingNode => {
    const node = nodes[index % nodes.length];
    if (!node) throw new Error("no node");
    return node;
  };
  /** One after the other, so that nothing travels together. */
  const each = async (
    ask: (node: RingNode, key: string) => Promise<unknown>,
  ) => {
    for (let index = 0; index < keyCount; index++)
      await scheduler.settle(ask(nodeAt(index), `key ${index}`));
  };

  while (nodes.length < memberCount) await join();
  const value = new Uint8Array(256);
  const puts = await during(() => each((node, key) => node.put(key, value)));
  const gets = await during(() => each((node, key) => node.get(key)));
  await wait(hourMs);
  const idleAnHour = await during(() => wait(hourMs));
  const perJoin = await during(join);
  return {
    idleAnHour,
    perGet: gets / keyCount,
    perPut: puts / keyCount,
    perJoin,
  };
}

/** The layout of so many members, and how long it took to compute when the last of them joined. */
function measureLayout(count: number): {
  readonly bytes: number;
  readonly tookMs: number;
} {
  const before = layoutOf(count - 1);
  const member = memberOf(count - 1);
  const startedMs = performance.now();
  const joint = jointLayout(before, { kind: "join", member });
  const tookMs = performance.now() - startedMs;
  if (!joint.ok) throw new Error(joint.error.message);
  return { bytes: encodeLayout(layoutOf(count)).byteLength, tookMs };
}

function layoutOf(count: number): Layout {
  const members = Array.from({ length: count }, (_, index) => memberOf(index));
  const partitionCount = partitionCountDefault;
  const placement = place({
    partitionCount,
    replicaCount,
    members,
    current: [],
  });
  return {
    ringId: "r".repeat(22),
    epoch: 1,
    phase: "stable",
    settings: {
      consistency: "linearizable",
      partitionCount,
      replicaCount,
      hashSeed: { low: 1, high: 2 },
      valueBytesMax: valueBytesDefault,
    },
    members,
    system: members.slice(0, systemSizeMax).map(({ id }) => id),
    table: placement.map((ids) => ids.map((id) => ({ id, since: 1 }))),
  };
}

function memberOf(index: number): Member {
  const name = `node-${index}`;
  return {
    id: `m${String(index).padStart(21, "0")}`,
    name,
    url: `https://${name}.example.org`,
    weight: 1,
    guarantee: "durable",
    versions: [1, 1],
  };
}
