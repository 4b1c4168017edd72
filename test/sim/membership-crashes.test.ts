/**
 * Every membership change, with one of the nodes that carry it out killed at each of its effects in turn: after each
 * durable write, before each message. Started again from its disk, the change is finished or undone, nothing that was
 * acknowledged is lost, and asking once more gets the change done.
 */
import { describe, expect, test } from "vitest";
import type { Result } from "../../src/core/errors.ts";
import type { RingNode } from "../../src/node/api.ts";
import { createWorld, type Machine } from "../../src/sim/world.ts";

const keys = ["alpha", "beta", "gamma"];
const timing = {
  peerCallTimeoutMs: 100,
  operationTimeoutMs: 1_000,
  hedgeDelayMs: 20,
  changeStallMsMax: 3_000,
};

interface Change {
  readonly name: string;
  /** Who is a member at first. */
  readonly before: readonly string[];
  /** Who is one when the change is done. */
  readonly after: readonly string[];
  /** Who is down all the time. */
  readonly dead?: string;
  /** Whom to ask, and what. */
  readonly at: string;
  ask(node: RingNode): Promise<Result<unknown>>;
  /** Who is killed. */
  readonly victims: readonly string[];
  readonly replicaCount?: number;
}

const abc = ["a", "b", "c"];
const changes: readonly Change[] = [
  {
    name: "join",
    before: abc,
    after: [...abc, "d"],
    at: "d",
    ask: (node) => node.join({ urls: ["http://b", "http://c", "http://a"] }),
    victims: ["a", "b", "d"],
  },
  {
    name: "leave",
    before: [...abc, "d"],
    after: abc,
    at: "d",
    ask: (node) => node.leave(),
    victims: ["a", "d"],
  },
  {
    name: "leave of the driver",
    before: [...abc, "d"],
    after: ["b", "c", "d"],
    at: "a",
    ask: (node) => node.leave(),
    victims: ["a", "b"],
  },
  {
    name: "remove of a dead member",
    before: [...abc, "d"],
    after: abc,
    dead: "d",
    at: "b",
    ask: (node) => node.remove({ name: "d" }),
    victims: ["a", "b"],
  },
  {
    name: "a change of the replica count",
    before: abc,
    after: abc,
    at: "b",
    ask: (node) => node.reconfigure({ replicaCount: 2 }),
    victims: ["a", "b"],
    replicaCount: 3,
  },
];

async function run(change: Change, victim: string, killAt: number) {
  let effectCount = 0;
  let isArmed = false;
  const machines = new Map<string, Machine>();
  const nodes = new Map<string, RingNode>();
  const ring = createWorld({
    seed: `${change.name} ${victim}`,
    founding: {
      partitionCount: 2,
      replicaCount: change.replicaCount ?? 3,
    },
    timing,
    onEffect(name) {
      if (!isArmed || name !== victim) return;
      effectCount++;
      if (effectCount === killAt) kill();
    },
  });
  const { scheduler } = ring;
  const settle = <T>(promise: Promise<T>) => scheduler.settle(promise);
  const wait = (delayMs: number) =>
    scheduler.run({ untilMs: scheduler.now() + delayMs });

  function kill(): void {
    isArmed = false;
    nodes.delete(victim);
    machines.get(victim)?.process.crash();
  }
  async function start(name: string): Promise<RingNode> {
    const machine = machines.get(name) ?? ring.machine(name);
    machines.set(name, machine);
    const node = await settle(machine.start());
    nodes.set(name, node);
    return node;
  }
  function nodeOf(name: string): RingNode {
    const node = nodes.get(name);
    if (!node) throw new Error(`${name} is down`);
    return node;
  }
  const everyone = [...new Set([...change.before, ...change.after])];
  for (const name of everyone) await start(name);
  for (const name of change.before.slice(1))
    expect(
      await settle(nodeOf(name).join({ urls: ["http://a"] })),
    ).toMatchObject({ ok: true });
  for (const key of keys)
    expect(await settle(nodeOf("a").put(key, bytes(`${key} 1`)))).toMatchObject(
      { ok: true },
    );
  if (change.dead) {
    machines.get(change.dead)?.process.crash();
    nodes.delete(change.dead);
  }
  await wait(2_000);

  isArmed = true;
  let isAnswered = false;
  const asked = change.ask(nodeOf(change.at)).then(() => {
    isAnswered = true;
  });
  asked.catch(() => {});
  await scheduler.run({
    until: () => isAnswered || !nodes.has(victim),
    untilMs: scheduler.now() + 60_000,
  });
  const wasKilled = !nodes.has(victim);
  isArmed = false;

  // Meanwhile life goes on at a node that is there all the time.
  const witness = nodeOf(
    change.after.find(
      (name) => name !== victim && change.before.includes(name),
    ) ?? "",
  );
  const written = new Map<string, string>(keys.map((key) => [key, `${key} 1`]));
  for (const key of keys) {
    const put = await settle(witness.put(key, bytes(`${key} 2`)));
    if (put.ok) written.set(key, `${key} 2`);
    else if (put.error.code === "outcome_unknown") written.delete(key);
  }
  if (wasKilled) {
    await wait(300);
    await start(victim);
  }
  await wait(20_000);
  const again = await settle(change.ask(nodeOf(change.at)));
  // Whom the ring has removed it does not know any more.
  const isDone = again.ok || again.error.code === "member_unknown";
  expect(isDone, `${change.name}, ${victim} killed at ${killAt}`).toBe(true);
  await wait(20_000);

  const live = change.after.filter((name) => name !== change.dead);
  const statuses = live.map((name) => nodeOf(name).status());
  const story = `${change.name}, ${victim} killed at effect ${killAt}`;
  expect(
    new Set(
      statuses.map(({ ringId, epoch, phase }) => `${ringId} ${epoch} ${phase}`),
    ).size,
    story,
  ).toBe(1);
  expect(statuses[0]?.phase, story).toBe("stable");
  for (const { members, isEven } of statuses) {
    expect(members.map(({ name }) => name).sort(), story).toEqual(
      [...change.after].sort(),
    );
    expect(isEven, story).toBe(true);
  }
  for (const name of live) {
    for (const [key, value] of written) {
      const read = await settle(nodeOf(name).get(key));
      expect(read, story).toMatchObject({ ok: true });
      if (read.ok) expect(text(read.value?.value), story).toBe(value);
    }
  }
  return { wasKilled, effectCount };
}

function bytes(value: string): Uint8Array {
  return new TextEncoder().encode(value);
}
function text(value: Uint8Array | undefined): string | undefined {
  return value && new TextDecoder().decode(value);
}

describe.each(changes)("$name", (change) => {
  test.each(change.victims)(
    "survives the death of %s at each effect",
    async (victim) => {
      let killAt = 1;
      while ((await run(change, victim, killAt)).wasKilled) killAt++;
      // Fewer would mean that the node had no part in the change.
      expect(killAt).toBeGreaterThan(5);
      console.log(
        `${change.name}: ${victim} was killed at each of ${killAt - 1} effects`,
      );
    },
  );
});
