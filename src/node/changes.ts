/** Membership changes as callers ask for them: join, leave, remove, reconfigure; each waits until the ring is settled. */
import { fail, ok, type Result, type RingError } from "../core/errors.ts";
import { type Layout, type Member, memberOf } from "../core/layout.ts";
import { type LayoutChange, unmovedCount } from "../core/layout-change.ts";
import type { Clock, Log } from "../ports.ts";
import type { ChangeReport, MembershipOptions, RingNode } from "./api.ts";
import type { Arrival } from "./arrival.ts";
import type { ChangeWait } from "./change-wait.ts";
import { createDeadline, type Deadline } from "./deadline.ts";
import type { Departure } from "./departure.ts";
import type { Force } from "./force.ts";
import type { Import } from "./import.ts";
import { acceptInvitation, invite } from "./invitation.ts";
import { createJoining } from "./joining.ts";
import type { MeetingParts } from "./meeting.ts";
import { isSo, type Membership } from "./membership.ts";
import type { Peers } from "./peers.ts";
import type { Ring } from "./ring.ts";
import { selfFirst } from "./status.ts";
import type { StoreWatch } from "./store-watch.ts";

/** What callers ask about the membership, and what ticks and peers ask in their place. */
export type Changes = Pick<
  RingNode,
  "join" | "add" | "leave" | "remove" | "reconfigure"
> & {
  /** Starts leaving without waiting: another member was asked to remove this one. */
  beginLeaving(): void;
  /** Joins the ring of these nodes, as a member of it asks; not from a ring with others. */
  acceptInvitation(urls: readonly string[]): Promise<Result<unknown>>;
  /** Whether a call of `join` is under way in this process. */
  isJoining(): boolean;
  /** Whether a call of `leave` is under way in this process. */
  isLeaving(): boolean;
  /** Has the layout list this node as it is now: begins the change, or tells why it cannot begin now. */
  update(member: Member): Promise<Result<unknown>>;
  /** Begins to move what an earlier change left behind, or tells why that cannot begin now. */
  rebalance(): Promise<Result<unknown>>;
};

/** The parts that decide changes and carry them out: here they are put in order, and waited for. */
export interface ChangesParts extends MeetingParts {
  readonly ring: Ring;
  readonly peers: Peers;
  readonly membership: Membership;
  readonly arrival: Arrival;
  readonly departure: Departure;
  readonly force: Force;
  readonly imports: Import;
  readonly wait: ChangeWait;
  readonly clock: Clock;
  readonly log: Log;
  readonly wake: () => void;
  /** Turns failures of the store into errors. */
  readonly guard: StoreWatch["guard"];
}

/** How long a change is waited for. The change itself goes on: its data may be large. */
const waitTimeoutMs = 60 * 60_000;

/** A call waits an hour at most (then `isComplete` is false), and not where nothing moves (`outcome_unknown`). */
export function createChanges(parts: ChangesParts): Changes {
  const { ring, membership, departure, clock, log, wake } = parts;
  let joiningCount = 0;
  let leavingCount = 0;

  async function inTime<T>(
    work: (deadline: Deadline) => Promise<Result<T>>,
  ): Promise<Result<T>> {
    const deadline = createDeadline(clock, waitTimeoutMs);
    try {
      return await parts.guard(() => work(deadline));
    } finally {
      deadline.cancel();
    }
  }

  function report(isComplete: boolean): ChangeReport {
    const layout = ring.layout();
    const partitionsLeft = unmovedCount(layout);
    return {
      epoch: layout.epoch,
      members: namesOf(layout),
      isComplete: isComplete && partitionsLeft === 0,
      ...(partitionsLeft > 0 && { partitionsLeft }),
    };
  }

  function namesOf(layout: Layout): readonly string[] {
    return selfFirst(layout, ring.memberId()).map(({ name }) => name);
  }

  /** Begins a change that this member decides, and waits for its end unless told otherwise. */
  async function carryOut(
    change: LayoutChange,
    { wait = true }: MembershipOptions,
    deadline: Deadline,
  ): Promise<Result<ChangeReport>> {
    const begun = await membership.proposeInTurn(change, deadline);
    if (!begun.ok) return begun;
    wake();
    if (!wait) return ok(report(false));
    const isStable = () => ring.layout().phase === "stable";
    const end = await parts.wait.until(deadline, isStable);
    if (end === "stuck") return standstill();
    if (end === "late") return ok(report(false));
    await membership.tellAll();
    if (change.kind !== "rebalance" && !isSo(ring.layout(), change))
      return fail(
        "change_incomplete",
        "The change was undone, or not every partition could be moved, because members did not answer. Try it again when they do, or remove them.",
      );
    return ok(report(true));
  }

  /** A node that its ring has removed already founds its own ring all the same: what was asked for is that it be alone. */
  async function leave(
    options: MembershipOptions,
    deadline: Deadline,
  ): Promise<Result<ChangeReport>> {
    const layout = ring.layout();
    if (layout.members.length === 1 && ring.isMember()) return ok(report(true));
    const { ringId } = layout;
    await departure.intend();
    const change: LayoutChange = { kind: "leave", id: ring.memberId() };
    const result = await carryOut(change, options, deadline);
    if (!result.ok && result.error.code !== "not_a_member") {
      // Without a majority nobody knows whether it will be decided: the intent stays, and a tick goes on with it.
      if (isUndecided(result.error)) return leaveUndecided();
      // Another call may be getting it decided right now.
      if (leavingCount <= 1 && ring.isMember()) await departure.stay();
      return result;
    }
    wake();
    if (options.wait === false) return ok(report(false));
    const hasLeft = () => ring.layout().ringId !== ringId;
    const end = await parts.wait.until(deadline, hasLeft);
    return end === "stuck" ? standstill() : ok(report(hasLeft()));
  }

  async function leaveInTime(
    options: MembershipOptions = {},
  ): Promise<Result<ChangeReport>> {
    leavingCount++;
    try {
      return await inTime((deadline) => leave(options, deadline));
    } finally {
      leavingCount--;
    }
  }

  async function remove(
    options: Parameters<RingNode["remove"]>[0],
    deadline: Deadline,
  ): Promise<Result<ChangeReport>> {
    const layout = ring.layout();
    const member = layout.members.find(({ name }) => name === options.name);
    if (!member)
      return fail(
        "member_unknown",
        `The ring has no member named ${options.name}; its members are ${namesOf(layout).join(", ")}.`,
      );
    if (options.force) return forceOut(options, deadline);
    const asked = await parts.peers.sendDirectly(
      { layout, member },
      { kind: "leave" },
    );
    if (asked.kind === "done") {
      if (options.wait === false) return ok(report(false));
      const isGone = () => !memberOf(ring.layout(), member.id);
      const isOver = () => isGone() && ring.layout().phase === "stable";
      const end = await parts.wait.until(deadline, isOver);
      return end === "stuck" ? stillThere(member) : ok(report(isGone()));
    }
    return carryOut({ kind: "remove", id: member.id }, options, deadline);
  }

  async function forceOut(
    { name, wait }: Parameters<RingNode["remove"]>[0],
    deadline: Deadline,
  ): Promise<Result<ChangeReport>> {
    const forced = await parts.force.found(name);
    if (!forced.ok) return forced;
    const { partitionsInDoubt, missing } = forced.value;
    wake();
    const options = wait === undefined ? {} : { wait };
    const changes: readonly LayoutChange[] = [
      ...missing.map((id) => ({ kind: "remove", id }) as const),
      // What a shrunken row lost in replicas comes back.
      { kind: "rebalance" },
    ];
    let isComplete = true;
    for (const change of changes) {
      const carried = await carryOut(change, options, deadline);
      if (!carried.ok || !carried.value.isComplete) isComplete = false;
    }
    return ok({ ...report(isComplete), partitionsInDoubt });
  }

  const joining = createJoining({
    ...parts,
    report,
    leave: leaveInTime,
  });

  const join: RingNode["join"] = (options) =>
    inTime(async (deadline) => {
      joiningCount++;
      try {
        return await joining(options, deadline);
      } finally {
        joiningCount--;
      }
    });

  return {
    join,
    isJoining: () => joiningCount > 0,
    acceptInvitation: (urls) => acceptInvitation({ ring, join }, urls),
    add: (options) =>
      inTime((deadline) => invite({ ...parts, report }, options, deadline)),
    isLeaving: () => leavingCount > 0,
    leave: leaveInTime,
    beginLeaving: () => {
      if (leavingCount > 0) return;
      leaveInTime().catch((error) => {
        log.error("leaving failed; it will be tried again", {
          error: String(error),
        });
      });
    },
    remove: (options) => inTime((deadline) => remove(options, deadline)),
    update: (member) =>
      parts.guard(() => membership.propose({ kind: "update", member })),
    rebalance: () =>
      parts.guard(() => membership.propose({ kind: "rebalance" })),
    reconfigure: ({ replicaCount, weight, ...options }) =>
      inTime(async (deadline) => {
        const self = memberOf(ring.layout(), ring.memberId());
        let result: Result<ChangeReport> = ok(report(true));
        if (replicaCount !== undefined)
          result = await carryOut(
            { kind: "replica-count", replicaCount },
            options,
            deadline,
          );
        if (result.ok && weight !== undefined && self)
          result = await carryOut(
            { kind: "update", member: { ...self, weight } },
            options,
            deadline,
          );
        return result;
      }),
  };
}

/** Whether the change was not decided, as far as this node knows. */
function isUndecided({ code }: RingError): boolean {
  return code === "no_quorum" || code === "outcome_unknown";
}

function leaveUndecided() {
  return fail(
    "outcome_unknown",
    "No majority of the members that decide layouts answered. This node has stored that it leaves: it goes on when a majority answers, also after a restart. Start those members, or give the dead ones up (ringwalk remove NAME --force); a node that should stay after all joins again when it has left.",
  );
}

function standstill() {
  return fail(
    "outcome_unknown",
    "The change is decided, but nothing has moved for a while: it goes on, or is undone, as soon as a majority of the members answers. GET /dht/status shows it; to ask again is safe.",
  );
}

function stillThere({ name, url }: Member) {
  return fail(
    "outcome_unknown",
    `${name} was asked to leave, and has not left: it goes when a majority of the members answers. Ask it why (POST ${url}/dht/leave); if it is as good as dead, stop it and remove it again.`,
  );
}
