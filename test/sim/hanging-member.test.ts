/** A member that hangs (it takes messages and never answers) must not hold up a membership change at each partition. */
import { expect, test } from "vitest";
import type { RingNode } from "../../src/node/api.ts";
import { createWorld, type Machine } from "../../src/sim/world.ts";

/** In time that is simulated: the default limits hold, and nothing depends on this machine's speed. */
async function stage(names: readonly string[]) {
  const world = createWorld({
    seed: "hanging",
    founding: { partitionCount: 512, replicaCount: 3 },
  });
  const { scheduler } = world;
  const machines = new Map<string, Machine>();
  const start = async (name: string): Promise<RingNode> => {
    const machine = world.machine(name);
    machines.set(name, machine);
    return scheduler.settle(machine.start());
  };
  for (const name of names) {
    const node = await start(name);
    if (name !== names[0])
      await scheduler.settle(node.join({ urls: [`http://${names[0]}`] }));
  }
  return {
    start,
    pause: (name: string) => machines.get(name)?.process.pause(),
    nodeOf(name: string): RingNode {
      const node = machines.get(name)?.node();
      if (!node) throw new Error(`${name} does not run`);
      return node;
    },
    /** The answer, and how many seconds it took. */
    async timed<T>(work: Promise<T>): Promise<{ answer: T; seconds: number }> {
      const startedAt = scheduler.now();
      const answer = await scheduler.settle(work);
      return { answer, seconds: (scheduler.now() - startedAt) / 1000 };
    },
  };
}

// The founder stands first among those who would drive a change.
test.each(["a", "d"])(
  "%s, which hangs, is removed in seconds",
  async (name) => {
    const { pause, nodeOf, timed } = await stage(["a", "b", "c", "d"]);
    pause(name);
    const { answer, seconds } = await timed(nodeOf("b").remove({ name }));
    expect(answer).toMatchObject({ ok: true, value: { isComplete: true } });
    expect(seconds).toBeLessThan(15);
  },
);

test.each(["a", "d"])(
  "a node joins in seconds while %s hangs",
  async (name) => {
    const { start, pause, timed } = await stage(["a", "b", "c", "d"]);
    pause(name);
    const joiner = await start("e");
    const { answer, seconds } = await timed(
      joiner.join({ urls: ["http://b", "http://c"] }),
    );
    expect(answer).toMatchObject({ ok: true });
    expect(seconds).toBeLessThan(15);
  },
);
