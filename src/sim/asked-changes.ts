/** Membership changes as the nemesis asks nodes for them, and which members are there to be asked. */
import type { Result } from "../core/errors.ts";
import type { RingNode } from "../node/api.ts";
import { type Asked, asked } from "./asked.ts";
import type { Hazards } from "./machine-faults.ts";
import { membersOf, type Running, sleep } from "./ring-run.ts";
import type { Machine } from "./world.ts";

/** A change asked of one node, and its end counted. */
export async function change(
  { run }: Hazards,
  name: string,
  {
    by,
    ask,
  }: { by: Running; ask: (node: RingNode) => Promise<Result<unknown>> },
): Promise<Asked<Result<unknown>>> {
  const end = await asked(run.scheduler, by, { ask });
  const label =
    end.kind !== "answer"
      ? end.kind
      : end.answer.ok
        ? "ok"
        : end.answer.error.code;
  run.counts.add(`${name}: ${label}`);
  run.note(`${run.scheduler.now()} ${name} at ${by.machine.name}: ${label}`);
  return end;
}

/** Whether the change was made. */
export const isOk = (end: Asked<Result<unknown>>) =>
  end.kind === "answer" && end.answer.ok;

/** Whether the change was refused, or ended, with this error. */
export const isCode = (end: Asked<Result<unknown>>, code: string) =>
  end.kind === "answer" && !end.answer.ok && end.answer.error.code === code;

/** A machine that is no member yet, with a name and a clock of its own. */
export function newMachine({ run, random }: Hazards): Machine {
  const { clockErrorMs } = run.plan;
  const name = run.newName();
  const machine = run.world.machine(name, {
    skewMs: random.between(-clockErrorMs, clockErrorMs),
    driftPartsPerMillion: random.between(-10_000, 10_000),
  });
  run.machines.set(name, machine);
  return machine;
}

/** The urls of some of the ring's nodes, as an operator would give them. */
function urlsOf({ run, random }: Hazards, but: Machine): readonly string[] {
  const urls = membersOf(run)
    .filter(({ machine }) => machine !== but)
    .map(({ machine }) => machine.url);
  const first = random.below(Math.max(1, urls.length));
  return [...urls.slice(first), ...urls.slice(0, first)];
}

/** The machine's node as soon as it runs; absent when the machine is switched off before. */
async function started(
  hazards: Hazards,
  machine: Machine,
): Promise<RingNode | undefined> {
  const { run } = hazards;
  while (run.machines.get(machine.name) === machine) {
    const node = machine.node();
    if (node) return node;
    hazards.restart(machine);
    await sleep(run.scheduler, 20);
  }
  return undefined;
}

/** Has the machine join the ring, as soon as its node runs. */
export async function join(
  hazards: Hazards,
  machine: Machine,
  replace = false,
): Promise<Asked<Result<unknown>>> {
  const node = await started(hazards, machine);
  if (!node) return { kind: "gone" };
  const urls = urlsOf(hazards, machine);
  return change(hazards, replace ? "replace" : "join", {
    by: { machine, node },
    ask: (joiner) => joiner.join({ urls, replace }),
  });
}

/** Members that stay, as far as anybody knows: the others have asked to leave. */
export function stayingMembers({ run }: Hazards): readonly Running[] {
  return membersOf(run).filter(
    ({ node, machine }) =>
      node.status().activity === "none" && !run.leaving.has(machine),
  );
}
