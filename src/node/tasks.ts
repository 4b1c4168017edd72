/** The background work of a node in its order: what others wait for comes first. */
import { type Member, memberOf, partitionsOf } from "../core/layout.ts";
import { fanOutMax, staleReadMsMax } from "../core/limits.ts";
import type { Clock, Log } from "../ports.ts";
import type { NodeOptions } from "./api.ts";
import type { Arrival } from "./arrival.ts";
import type { Task } from "./background.ts";
import type { Changes } from "./changes.ts";
import type { Cleanup } from "./cleanup.ts";
import type { Copy } from "./copy.ts";
import type { Decision } from "./decision.ts";
import type { Departure } from "./departure.ts";
import type { Expiry } from "./expiry.ts";
import type { Force } from "./force.ts";
import type { Import } from "./import.ts";
import { moveLeftovers } from "./leftovers.ts";
import { mapLimited } from "./limited.ts";
import { isSameMember } from "./membership.ts";
import type { Peers } from "./peers.ts";
import { renewEpoch } from "./renewal.ts";
import type { Repair } from "./repair.ts";
import type { Ring } from "./ring.ts";
import type { Schedule } from "./schedule.ts";
import type { Spread } from "./spread.ts";
import { silentIds } from "./suspicion.ts";

/** Every part of the node that leaves work to ticks. */
export interface TasksParts {
  readonly ring: Ring;
  readonly peers: Peers;
  readonly decision: Decision;
  readonly arrival: Arrival;
  readonly departure: Departure;
  readonly spread: Spread;
  readonly copy: Copy;
  readonly cleanup: Cleanup;
  readonly imports: Import;
  readonly repair: Repair;
  readonly expiry: Expiry;
  readonly schedule: Schedule;
  readonly changes: Changes;
  readonly force: Force;
  readonly clock: Clock;
  readonly log: Log;
  readonly changeStallMsMax: number;
  readonly self: Omit<Member, "id">;
  /** Whether the weight in `self` was asked for at the start, and is no default. */
  readonly isWeightGiven: boolean;
  readonly atRest: NodeOptions["atRest"];
}

const retryMs = 500;
/** Members that do not store a layout are called more and more seldom, up to this. */
const spreadRetryMsMax = 30_000;
const probeMs = 2_000;

/** Joins, leaves and forces come before copies and repairs: those belong to the ring that the node ends up in. */
export function createTasks(parts: TasksParts): readonly Task[] {
  const { arrival, repair } = parts;
  return [
    scanAtStart(parts),
    resumeJoin(parts),
    {
      name: "take up the previous ring",
      step: async () => {
        await arrival.takeUpPrevious();
        return undefined;
      },
    },
    noticeRemoval(parts),
    resumeLeave(parts),
    { name: "carry a force on", step: parts.force.step },
    finishProposal(parts),
    spreadLayout(parts),
    { name: "copy", step: parts.copy.step },
    { name: "depart", step: parts.departure.step },
    { name: "clean up", step: parts.cleanup.step },
    { name: "import", step: parts.imports.step },
    tellChangedSelf(parts),
    moveLeftovers({ ...parts, suspicion: parts.peers.suspicion }),
    { name: "probe silent members", step: () => probe(parts) },
    renewEpoch({ ...parts, suspicion: parts.peers.suspicion }),
    { name: "repair", step: repair.step },
    { name: "expire", isPatient: true, step: parts.expiry.step },
  ];
}

/** What the last process knew of due times and missed writes is gone: every partition is looked at once. */
function scanAtStart(parts: TasksParts): Task {
  const { ring, schedule, repair, clock, atRest } = parts;
  const restedRingId = ring.layout().ringId;
  let scannedRingId: string | undefined;
  return {
    name: "scan at start",
    isPatient: true,
    step: async () => {
      const { ringId } = ring.layout();
      if (scannedRingId === ringId) return undefined;
      const rested = ringId === restedRingId ? atRest : undefined;
      const leftMs = rested && (rested.nextTickAt ?? Infinity) - clock.now();
      if (leftMs === Infinity) return undefined;
      if (leftMs !== undefined && leftMs > 0) return leftMs;
      scannedRingId = ringId;
      schedule.clear();
      for (const partition of partitionsOf(ring.layout(), ring.memberId()))
        schedule.set(partition, clock.now());
      // Replicas that were left at rest are alike; only the times of their keys were forgotten.
      if (!rested) {
        repair.suspect();
        if (parts.self.guarantee === "eventual") lookAgain(parts);
      }
      return 0;
    },
  };
}

/** An eventual store may still hide from the first comparison what the last process wrote to it, and which others lack. */
function lookAgain({ ring, repair, clock }: TasksParts): void {
  clock.timer(staleReadMsMax, () => {
    for (const partition of partitionsOf(ring.layout(), ring.memberId()))
      repair.suspectPartition(partition);
  });
}

/** Members whose last call failed are called until they answer: they may have missed writes, and others wait for them. */
async function probe({ ring, peers }: TasksParts): Promise<number | undefined> {
  const layout = ring.layout();
  const silent = silentIds(layout, peers.suspicion);
  if (silent.length === 0 || !ring.isMember()) return undefined;
  await mapLimited(silent, fanOutMax, (id) =>
    peers.send(layout, id, { kind: "ping" }),
  );
  return probeMs;
}

function resumeJoin({ ring, arrival, changes }: TasksParts): Task {
  return {
    name: "resume a join",
    step: async () => {
      // A join that is being waited for here is no leftover of a crash.
      if (!ring.state().joining || changes.isJoining()) return undefined;
      await arrival.resume();
      return retryMs;
    },
  };
}

/** A node that was removed while it did not answer keeps silent to clients: its operator has to know why. */
function noticeRemoval({ ring, log }: TasksParts): Task {
  let noticedId: string | undefined;
  return {
    name: "notice a removal",
    step: async () => {
      const { joining, isLeaving } = ring.state();
      if (ring.isMember() || joining || isLeaving) return undefined;
      const { ringId, epoch } = ring.layout();
      if (noticedId !== ring.memberId())
        log.warn(
          "the ring has removed this node, which serves nothing now: let it join again (ringwalk join URL --node THIS_NODE), or start it with --join; it comes back empty, and is filled from the others",
          { ringId, epoch },
        );
      noticedId = ring.memberId();
      return undefined;
    },
  };
}

/** A leave that a crash or a lost majority interrupted: what was asked for is brought to its end. */
function resumeLeave({ ring, changes }: TasksParts): Task {
  return {
    name: "resume a leave",
    step: async () => {
      if (!ring.state().isLeaving || !ring.isMember()) return undefined;
      if (!changes.isLeaving()) changes.beginLeaving();
      return 2 * retryMs;
    },
  };
}

/**
 * A proposal that was accepted here may be decided or not: some tick has to finish it. The node that proposed it is
 * given time first.
 */
function finishProposal({ ring, decision }: TasksParts): Task {
  let cleanedEpoch = -1;
  let sightedEpoch = -1;
  return {
    name: "finish a proposed layout",
    step: async () => {
      if (!ring.isMember()) return undefined;
      if (cleanedEpoch !== ring.layout().epoch) {
        await decision.clean();
        cleanedEpoch = ring.layout().epoch;
      }
      if (!(await decision.hasFound())) return undefined;
      const isNew = sightedEpoch !== ring.layout().epoch;
      sightedEpoch = ring.layout().epoch;
      if (!isNew) await decision.finishFound();
      return retryMs;
    },
  };
}

function spreadLayout({ ring, spread }: TasksParts): Task {
  let delayMs = retryMs;
  let epoch = -1;
  return {
    name: "spread the layout",
    step: async () => {
      const layout = ring.layout();
      if (layout.epoch !== epoch) {
        epoch = layout.epoch;
        delayMs = retryMs;
      }
      if (!layout.system.includes(ring.memberId())) return undefined;
      const missing = await spread.run();
      if (missing.length === 0) return undefined;
      delayMs = Math.min(delayMs * 2, spreadRetryMsMax);
      return delayMs;
    },
  };
}

/** A node that was started with another url, zone or weight has the layout say so. */
function tellChangedSelf(parts: TasksParts): Task {
  const { ring, changes, self, log } = parts;
  // What it was started with is told once: an operator may set another weight while it runs.
  let isWeightTold = !parts.isWeightGiven;
  return {
    name: "tell a changed url, zone or weight",
    step: async () => {
      const layout = ring.layout();
      const listed = memberOf(layout, ring.memberId());
      const { joining, isLeaving } = ring.state();
      if (!listed || layout.phase === "joint" || joining || isLeaving)
        return undefined;
      const { id, name } = listed;
      const { weight } = isWeightTold ? listed : self;
      const wanted: Member = { ...self, id, name, weight };
      if (isSameMember(listed, wanted)) {
        isWeightTold = true;
        return undefined;
      }
      const { url, zone } = wanted;
      log.info("telling the ring how this node was started", {
        url,
        zone,
        weight,
      });
      await changes.update(wanted);
      return retryMs;
    },
  };
}
