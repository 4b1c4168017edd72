/** Real nodes in virtual time: the ports carry them unchanged, through crashes too, and a seed repeats itself. */
import { describe, expect, test } from "vitest";
import type { Result } from "../../src/core/errors.ts";
import type { RingNode } from "../../src/node/api.ts";
import { createWorld, type World } from "../../src/sim/world.ts";

const bytes = (value: string) => new TextEncoder().encode(value);

function unwrap<T>(result: Result<T>): T {
  if (!result.ok)
    throw new Error(`${result.error.code}: ${result.error.message}`);
  return result.value;
}

async function found(ring: World): Promise<RingNode[]> {
  const nodes: RingNode[] = [];
  for (const name of ["a", "b", "c"]) {
    const machine = ring.machine(name);
    nodes.push(await ring.scheduler.settle(machine.start()));
  }
  return nodes;
}

async function join(ring: World, nodes: readonly RingNode[]): Promise<void> {
  for (const node of nodes.slice(1)) {
    const joined = node.join({ urls: ["http://a"] });
    unwrap(await ring.scheduler.settle(joined));
  }
}

async function readAll(
  ring: World,
  node: RingNode,
  count: number,
): Promise<(string | undefined)[]> {
  const values: (string | undefined)[] = [];
  for (let index = 0; index < count; index++) {
    const read = unwrap(await ring.scheduler.settle(node.get(`key ${index}`)));
    values.push(read && new TextDecoder().decode(read.value));
  }
  return values;
}

describe("a ring in virtual time", () => {
  const keyCount = 20;
  const written = Array.from(
    { length: keyCount },
    (_, index) => `value ${index}`,
  );

  test("keeps what it acknowledged when all its machines lose their power at once", async () => {
    const ring = createWorld({ seed: 1 });
    const machines = ["a", "b", "c"].map((name, index) =>
      ring.machine(name, { skewMs: 1_000 * index }),
    );
    const start = () => Promise.all(machines.map((machine) => machine.start()));
    const nodes = await ring.scheduler.settle(start());
    await join(ring, nodes);
    expect(nodes[2]?.peers().toSorted()).toEqual(["a", "b", "c"]);
    for (const [index, value] of written.entries()) {
      const node = nodes[index % 3];
      if (node)
        unwrap(
          await ring.scheduler.settle(node.put(`key ${index}`, bytes(value))),
        );
    }
    for (const { process } of machines) process.crash();
    const again = await ring.scheduler.settle(start());
    for (const node of again)
      expect(await readAll(ring, node, keyCount)).toEqual(written);
  });

  test("serves its keys while one machine is down, and hours pass in no time", async () => {
    const ring = createWorld({ seed: 2 });
    const nodes = await found(ring);
    await join(ring, nodes);
    const [, , last] = nodes;
    for (const [index, value] of written.entries())
      if (last)
        unwrap(
          await ring.scheduler.settle(last.put(`key ${index}`, bytes(value))),
        );
    ring.network.split([["a"], ["b", "c"]]);
    await ring.scheduler.run({ untilMs: ring.scheduler.now() + 3_600_000 });
    if (last) expect(await readAll(ring, last, keyCount)).toEqual(written);
  });

  test("the same seed gives the same messages, byte for byte", async () => {
    async function traceOf(seed: number): Promise<string> {
      const trace: string[] = [];
      const ring = createWorld({
        seed,
        trace: (line) => trace.push(line),
        networkFaults: {
          requestLostShare: 0.02,
          answerLostShare: 0.02,
          duplicatedShare: 0.05,
          duplicateMsMax: 1_000,
          delayMsMax: 5,
        },
      });
      const nodes = await found(ring);
      await join(ring, nodes);
      const [node] = nodes;
      for (const [index, value] of written.entries())
        if (node)
          await ring.scheduler.settle(
            node.put(`key ${index % 3}`, bytes(value)),
          );
      return trace.join("\n");
    }
    const trace = await traceOf(3);
    expect(trace.length).toBeGreaterThan(1_000);
    expect(await traceOf(3)).toBe(trace);
    expect(await traceOf(4)).not.toBe(trace);
  });
});
