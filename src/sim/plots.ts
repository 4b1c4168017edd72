/**
 * Faults that follow one another in the one order in which a rule matters. Chance brings that order about too seldom: no
 * plan draws them by itself, scenarios name them.
 */
import {
  change,
  isOk,
  join,
  newMachine,
  stayingMembers,
} from "./asked-changes.ts";
import type { Fault, Hazards } from "./machine-faults.ts";
import { pickFrom, sleep } from "./ring-run.ts";

/** By the names that they are counted under. */
export const plots = {
  /** A member sleeps, one at a time, while a guest joins, keeps some of its partitions for a while, and leaves. */
  "slept-through": {
    weight: 16,
    strike(hazards) {
      const staying = stayingMembers(hazards);
      const isOn = staying.some(
        ({ machine }) => machine.process.state() === "paused",
      );
      const sleeper = pickFrom(hazards.random, staying)?.machine;
      if (isOn || !sleeper || staying.length < 3) return undefined;
      sleeper.process.pause();
      hazards.inBackground(visit(hazards).then(() => sleeper.process.resume()));
      return sleeper.name;
    },
  },
} satisfies Record<string, Fault>;

/** A machine joins, stays long enough for what is deleted meanwhile to be collected, and leaves. */
async function visit(hazards: Hazards): Promise<void> {
  const { run, random } = hazards;
  const machine = newMachine(hazards);
  await join(hazards, machine);
  await sleep(run.scheduler, random.between(5_000, 50_000));
  const node = machine.node();
  if (!node) return;
  const end = await change(hazards, "leave", {
    by: { machine, node },
    ask: (guest) => guest.leave(),
  });
  if (isOk(end)) hazards.retire(machine);
}
