/** Changes of who is in the ring, in the middle of everything: joins, leaves, losses for good, replica counts. */
import type { RingNode } from "../node/api.ts";
import {
  change,
  isCode,
  isOk,
  join,
  newMachine,
  stayingMembers,
} from "./asked-changes.ts";
import type { Fault, Hazards } from "./machine-faults.ts";
import {
  membersOf,
  pickFrom,
  type RingRun,
  type Running,
  sleep,
} from "./ring-run.ts";
import type { Machine } from "./world.ts";

/** Nine machines, or three more than the ring begins with: others would only make a run longer. */
const hasRoom = ({ machines, plan }: RingRun) =>
  machines.size < Math.max(9, plan.nodeCount + 3);

/** Whether one more machine may be lost for good: one at a time, and with replicas enough for its data to be elsewhere. */
function mayLose(hazards: Hazards): boolean {
  return hazards.run.plan.losses === "disks" && !hazards.isLossOpen();
}

function victimOf(hazards: Hazards): Running | undefined {
  const staying = stayingMembers(hazards);
  if (!mayLose(hazards) || staying.length <= 4) return undefined;
  return pickFrom(hazards.random, staying);
}

/** Asks members to remove a machine that is no more, until none of them knows it, now and a while later. */
async function removeLost(hazards: Hazards, name: string): Promise<void> {
  const { run, random } = hazards;
  for (let cleanLooks = 0; cleanLooks < 5; ) {
    await sleep(run.scheduler, random.between(300, 1_500));
    const members = membersOf(run);
    const isKnown = members.some(({ node }) => node.peers().includes(name));
    const by = pickFrom(random, members);
    if (isKnown) cleanLooks = 0;
    else if (by) cleanLooks++;
    if (isKnown && by)
      await change(hazards, "remove", {
        by,
        ask: (node) => node.remove({ name }),
      });
  }
}

/**
 * Brings a machine that lost its disk back under its name, as a new member; until nobody lists the old one any more,
 * some partition may still count on it.
 */
async function replaceLost(
  hazards: Hazards,
  machine: Machine,
  lostId: string,
): Promise<void> {
  const { run, random } = hazards;
  let replace = true;
  while (!isReplaced(hazards, machine, lostId)) {
    await sleep(run.scheduler, random.between(100, 1_000));
    // A replacement that moved some partitions only left both; once the new one has left too, an operator has to act.
    if (run.machines.get(machine.name) !== machine)
      return removeLost(hazards, machine.name);
    const node = machine.node();
    if (!node) hazards.restart(machine);
    else if (node.status().activity === "none") {
      const end = await join(hazards, machine, replace);
      // The ring may have let it go before it was lost, or taken it in before it could tell.
      if (isCode(end, "member_unknown")) replace = false;
      if (isCode(end, "name_taken")) replace = true;
    }
  }
}

function isReplaced(
  { run }: Hazards,
  machine: Machine,
  lostId: string,
): boolean {
  const members = membersOf(run);
  // Once it is back it may as well leave.
  const hasLeft = run.machines.get(machine.name) !== machine;
  const isMember = members.some((member) => member.machine === machine);
  return (
    (hasLeft || isMember) &&
    members.every(({ node }) => {
      const { members: listed, phase, activity } = node.status();
      const isAtRest = phase === "stable" && activity === "none";
      return isAtRest && listed.every(({ id }) => id !== lostId);
    })
  );
}

/**
 * Members that slept while all whom they know of left for good: nobody who is in the ring knows of them, so an operator
 * tells them where it is.
 */
export async function guideStrays(hazards: Hazards): Promise<void> {
  const { run } = hazards;
  do await sleep(run.scheduler, strayMs);
  while (await guideSome(hazards));
}

/** What is called astray before that may only not have heard yet. */
const strayMs = 5_000;

async function guideSome(hazards: Hazards): Promise<boolean> {
  const members = membersOf(hazards.run);
  const names = new Set(members.map(({ machine }) => machine.name));
  const epochs = members.map(({ node }) => node.status().epoch);
  const strays = members.filter(({ node }) => {
    const { members: known, epoch } = node.status();
    const isAlone = known.every(
      ({ name, isSelf }) => isSelf || !names.has(name),
    );
    return isAlone && epoch < Math.max(...epochs);
  });
  const urls = members
    .filter((member) => !strays.includes(member))
    .map(({ machine }) => machine.url);
  for (const by of strays)
    await change(hazards, "join", { by, ask: (node) => node.join({ urls }) });
  return strays.length > 0;
}

/** Asks some member for some replica count, and tells both; absent when there is no member. */
function changeReplicaCount(hazards: Hazards): string | undefined {
  const { run, random } = hazards;
  const by = pickFrom(random, membersOf(run));
  if (!by) return undefined;
  const replicaCount = random.pick(run.plan.replicaCounts);
  const ask = (node: RingNode) => node.reconfigure({ replicaCount });
  hazards.inBackground(change(hazards, "replica-count", { by, ask }));
  return `${replicaCount}, asked of ${by.machine.name}`;
}

/** By the names that they are counted under; the first one opens every run whose plan has membership changes. */
export const membershipFaults = {
  join: {
    weight: 16,
    strike(hazards) {
      if (!hasRoom(hazards.run)) return undefined;
      const machine = newMachine(hazards);
      hazards.inBackground(join(hazards, machine));
      return machine.name;
    },
  },
  leave: {
    weight: 12,
    strike(hazards) {
      const { run, random } = hazards;
      const staying = stayingMembers(hazards);
      const member = pickFrom(random, staying);
      if (!member || staying.length <= 3) return undefined;
      run.leaving.add(member.machine);
      const leave = async () => {
        const ask = (node: RingNode) => node.leave();
        const end = await change(hazards, "leave", { by: member, ask });
        if (isOk(end)) hazards.retire(member.machine);
        run.leaving.delete(member.machine);
      };
      hazards.inBackground(leave());
      return member.machine.name;
    },
  },
  /** A machine is gone for good, and removed by another. */
  "lost-machine": {
    weight: 14,
    strike(hazards) {
      const victim = victimOf(hazards);
      if (!victim) return undefined;
      const { machine } = victim;
      hazards.retire(machine);
      hazards.lose(() => removeLost(hazards, machine.name));
      return machine.name;
    },
  },
  /** A machine loses its disk, and comes back as a new member of the same name. */
  "lost-disk": {
    weight: 12,
    strike(hazards) {
      const victim = victimOf(hazards);
      if (!victim) return undefined;
      const { machine, node } = victim;
      const lostId = node.status().members.find(({ isSelf }) => isSelf)?.id;
      if (lostId === undefined) return undefined;
      machine.process.crash();
      machine.disk.wipe();
      hazards.lose(() => replaceLost(hazards, machine, lostId));
      return machine.name;
    },
  },
  /** A machine dies for ever in the middle of its join. */
  "dead-joiner": {
    weight: 9,
    strike(hazards) {
      const { run, random } = hazards;
      if (!mayLose(hazards) || !hasRoom(run)) return undefined;
      const machine = newMachine(hazards);
      hazards.inBackground(join(hazards, machine));
      hazards.lose(async () => {
        await sleep(run.scheduler, random.between(5, 500));
        hazards.retire(machine);
        await removeLost(hazards, machine.name);
      });
      return machine.name;
    },
  },
  /** Two members are asked for different changes at the same moment: one comes first, or neither. */
  "two-changes": {
    weight: 4,
    strike: (hazards) =>
      [changeReplicaCount(hazards), changeReplicaCount(hazards)].join(" and "),
  },
  "replica-count": { weight: 5, strike: changeReplicaCount },
} satisfies Record<string, Fault>;
