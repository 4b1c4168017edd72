/** What happens to a ring: each fault takes nodes away, and gives them back before it ends. */
import { setTimeout as sleep } from "node:timers/promises";
import type { Prng } from "../../src/sim/prng.ts";
import type { Network, Split } from "./network.ts";
import type { NodeProcess } from "./node-process.ts";
import type { Ring } from "./ring.ts";

export interface FaultParts {
  readonly ring: Ring;
  readonly network: Network;
  readonly random: Prng;
  /** How long a fault lasts at most. */
  readonly durationMsMax: number;
  readonly say: (line: string) => void;
}

type Fault = (parts: FaultParts) => Promise<void>;

interface FaultKind {
  /** It has no room for another fault beside it. */
  readonly isAlone: boolean;
  readonly run: Fault;
}

/** By their names. */
export function faultsOf({ splits }: Network): ReadonlyMap<string, FaultKind> {
  return new Map<string, FaultKind>([
    ["kill", { isAlone: false, run: kill }],
    ["pause", { isAlone: false, run: pause }],
    ["death of all", { isAlone: true, run: killAll }],
    ...Object.entries(splits).map(([name, split]): [string, FaultKind] => [
      name,
      { isAlone: true, run: splitting(name, split) },
    ]),
  ]);
}

const kill = toOne("kill", async (node, { random, durationMsMax }) => {
  await node.kill();
  await sleep(random.between(0, durationMsMax));
  await node.start();
});

const pause = toOne("pause", async (node, { random, durationMsMax }) => {
  node.pause();
  await sleep(random.between(200, 200 + durationMsMax));
  node.resume();
});

/** A fault of one node that nothing else has happened to; nothing when there is none. */
function toOne(
  name: string,
  strike: (node: NodeProcess, parts: FaultParts) => Promise<void>,
): Fault {
  return async (parts) => {
    const { ring, random, say } = parts;
    const node = victim(ring, random);
    if (!node) return;
    say(`${name} ${node.name}`);
    ring.lose(node, name);
    await strike(node, parts);
    ring.restore(node);
  };
}

async function killAll({ ring, random, say }: FaultParts): Promise<void> {
  const order = shuffled(ring.nodes, random);
  say(`death of all, restarted as ${order.map(({ name }) => name).join(" ")}`);
  for (const node of order) ring.lose(node, "death of all");
  await Promise.all(order.map((node) => node.kill()));
  await Promise.all(
    order.map(async (node, index) => {
      // Some start together, some much later than others.
      await sleep(index * random.between(0, 400));
      await node.start();
      ring.restore(node);
    }),
  );
}

function splitting(name: string, split: Split): Fault {
  return async ({ ring, network, random, durationMsMax, say }) => {
    const nodes = shuffled(ring.nodes, random);
    const sideCount = random.chance(0.6)
      ? 1
      : Math.floor((ring.nodes.length - 1) / 2);
    const side = nodes.slice(0, sideCount);
    const rest = nodes.slice(sideCount);
    const namesOf = (some: readonly NodeProcess[]) =>
      some.map((node) => node.name);
    say(`${name}: ${namesOf(side).join(" ")} | ${namesOf(rest).join(" ")}`);
    for (const node of side) ring.lose(node, name);
    await split(namesOf(side), namesOf(rest));
    await sleep(random.between(500, 500 + durationMsMax));
    await network.heal();
    for (const node of side) ring.restore(node);
  };
}

/** One that nothing has happened to; absent when there is none. */
function victim(ring: Ring, random: Prng): NodeProcess | undefined {
  const free = ring.nodes.filter((node) => !ring.isLost(node));
  return free.length > 0 ? random.pick(free) : undefined;
}

export function shuffled<T>(items: readonly T[], random: Prng): readonly T[] {
  return items
    .map((item) => ({ item, rank: random.fraction() }))
    .sort((a, b) => a.rank - b.rank)
    .map(({ item }) => item);
}
