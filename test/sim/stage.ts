/** A ring of named nodes in virtual time, with the default limits: nothing depends on this machine's speed. */
import { expect } from "vitest";
import type { Settings } from "../../src/core/layout.ts";
import type { NodeStatus, RingNode } from "../../src/node/api.ts";
import { createWorld, type Machine } from "../../src/sim/world.ts";

export interface LogLine {
  readonly machine: string;
  readonly level: "debug" | "info" | "warn" | "error";
  readonly message: string;
  readonly fields: Readonly<Record<string, unknown>> | undefined;
}

export type Stage = Awaited<ReturnType<typeof stage>>;

/** The first of `names` founds the ring, the others join it one after the other. */
export async function stage(
  names: readonly string[],
  founding: Partial<Settings> = {},
) {
  const lines: LogLine[] = [];
  const note =
    (machine: string, level: LogLine["level"]) =>
    (message: string, fields?: LogLine["fields"]) =>
      void lines.push({ machine, level, message, fields });
  const world = createWorld({
    seed: names.join(),
    founding: { partitionCount: 64, replicaCount: 3, ...founding },
    log: (machine) => ({
      debug: note(machine, "debug"),
      info: note(machine, "info"),
      warn: note(machine, "warn"),
      error: note(machine, "error"),
    }),
  });
  const { scheduler } = world;
  const machines = new Map<string, Machine>();

  function machineOf(name: string): Machine {
    const machine = machines.get(name) ?? world.machine(name);
    machines.set(name, machine);
    return machine;
  }

  function nodeOf(name: string): RingNode {
    const node = machines.get(name)?.node();
    if (!node) throw new Error(`${name} does not run`);
    return node;
  }

  const start = (name: string): Promise<RingNode> =>
    scheduler.settle(machineOf(name).start());

  for (const name of names) {
    const node = await start(name);
    if (name !== names[0])
      await scheduler.settle(node.join({ urls: [`http://${names[0]}`] }));
  }

  return {
    world,
    scheduler,
    /** What the nodes have logged so far. */
    lines,
    machineOf,
    nodeOf,
    /** Starts the node, or starts it again from its disk. */
    start,
    pause: (name: string) => machineOf(name).process.pause(),
    resume: (name: string) => machineOf(name).process.resume(),
    crash: (name: string) => machineOf(name).process.crash(),
    settle: <T>(work: Promise<T>) => scheduler.settle(work),
    wait: (delayMs: number) =>
      scheduler.run({ untilMs: scheduler.now() + delayMs }),
    /** Runs until it is so; fails after a long virtual time. */
    async until(isSo: () => boolean, timeoutMs = 120_000): Promise<void> {
      const untilMs = scheduler.now() + timeoutMs;
      await scheduler.run({ until: isSo, untilMs });
      expect(isSo()).toBe(true);
    },
    /** The answer, and how many seconds it took. */
    async timed<T>(work: Promise<T>): Promise<{ answer: T; seconds: number }> {
      const startedAt = scheduler.now();
      const answer = await scheduler.settle(work);
      return { answer, seconds: (scheduler.now() - startedAt) / 1000 };
    },
    async put(name: string, key: string, value: string): Promise<void> {
      const bytes = new TextEncoder().encode(value);
      const put = await scheduler.settle(nodeOf(name).put(key, bytes));
      expect(put).toMatchObject({ ok: true });
    },
    /** Absent when there is no such key; an error's code when it cannot be read. */
    async get(name: string, key: string): Promise<string | undefined> {
      const read = await scheduler.settle(nodeOf(name).get(key));
      if (!read.ok) return read.error.code;
      return read.value && new TextDecoder().decode(read.value.value);
    },
    /** What `by` says of the member of this name. */
    memberAt(by: string, name: string): NodeStatus["members"][number] {
      const { members } = nodeOf(by).status();
      const member = members.find((member) => member.name === name);
      if (!member) throw new Error(`${by} knows no ${name}`);
      return member;
    },
  };
}
