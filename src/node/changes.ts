/** Membership changes as callers ask for them: join, leave, remove, reconfigure; each waits until the ring is settled. */
import { fail, ok, type Result } from "../core/errors.ts";
import { type Layout, type Member, memberOf } from "../core/layout.ts";
import { type LayoutChange, unmovedCount } from "../core/layout-change.ts";
import type { Greeting } from "../core/message.ts";
import type { Clock, Log } from "../ports.ts";
import type {
  ChangeReport,
  JoinOptions,
  MembershipOptions,
  RingNode,
} from "./api.ts";
import type { Arrival } from "./arrival.ts";
import { createDeadline, type Deadline } from "./deadline.ts";
import type { Departure } from "./departure.ts";
import type { Force } from "./force.ts";
import type { Import } from "./import.ts";
import { isSo, type Membership } from "./membership.ts";
import type { Peers } from "./peers.ts";
import type { Ring } from "./ring.ts";
import { selfFirst } from "./status.ts";
import type { StoreWatch } from "./store-watch.ts";

export type Changes = Pick<
  RingNode,
  "join" | "leave" | "remove" | "reconfigure"
> & {
  /** Starts leaving without waiting: another member was asked to remove this one. */
  beginLeaving(): void;
  /** Whether a call of `join` is under way in this process. */
  isJoining(): boolean;
  /** Whether a call of `leave` is under way in this process. */
  isLeaving(): boolean;
  /** Has the layout list this node as it is now: begins the change, or tells why it cannot begin now. */
  update(member: Member): Promise<Result<unknown>>;
  /** Begins to move what an earlier change left behind, or tells why that cannot begin now. */
  rebalance(): Promise<Result<unknown>>;
};

export interface ChangesParts {
  readonly ring: Ring;
  readonly peers: Peers;
  readonly membership: Membership;
  readonly arrival: Arrival;
  readonly departure: Departure;
  readonly force: Force;
  readonly imports: Import;
  readonly clock: Clock;
  readonly log: Log;
  readonly wake: () => void;
  /** Turns failures of the store into errors. */
  readonly guard: StoreWatch["guard"];
}

/** How long a change is waited for. The change itself goes on: its data may be large. */
const waitTimeoutMs = 60 * 60_000;
/** How long a change that another one holds up is tried to be begun. */
const pollMs = 50;

export function createChanges(parts: ChangesParts): Changes {
  const { ring, membership, arrival, departure, imports, clock, log, wake } =
    parts;
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

  async function until(
    deadline: Deadline,
    isReady: () => boolean,
  ): Promise<boolean> {
    while (!isReady()) {
      if (deadline.isOver()) return false;
      await deadline.sleep(pollMs);
    }
    return true;
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
    if (!(await membership.untilStable(deadline))) return ok(report(false));
    if (change.kind !== "rebalance" && !isSo(ring.layout(), change))
      return fail(
        "change_incomplete",
        "The change was undone, or not every partition could be moved, because members did not answer. Try it again when they do, or remove them.",
      );
    return ok(report(true));
  }

  async function join(
    options: JoinOptions,
    deadline: Deadline,
  ): Promise<Result<ChangeReport>> {
    const met = await arrival.meet(options);
    if (!met.ok) return met;
    const isThere =
      met.value.layout.ringId === ring.layout().ringId && ring.isMember();
    if (!isThere) {
      const arrived = await arrive(met.value, options, deadline);
      if (!arrived.ok) return arrived;
      wake();
    }
    const memberId = ring.memberId();
    if (options.wait === false) return ok(report(false));
    const isSettled = await until(
      deadline,
      () =>
        ring.memberId() !== memberId ||
        (ring.layout().phase === "stable" && !imports.isRunning()),
    );
    if (ring.memberId() !== memberId)
      return fail(
        "change_undone",
        "The ring undid the join, because its members could not reach this node in time. The node is what it was before.",
      );
    await membership.untilStable(deadline);
    return ok(report(isSettled));
  }

  async function arrive(
    greeting: Greeting,
    options: JoinOptions,
    deadline: Deadline,
  ): Promise<Result<unknown>> {
    if (imports.isRunning())
      return fail(
        "change_in_progress",
        "This node is still taking over keys of its own; try again when it has.",
      );
    // A node with fellow members leaves them first, and takes along what it was primary for.
    if (ring.layout().members.length > 1 && ring.isMember()) {
      const left = await leaveInTime();
      if (!left.ok) return left;
    }
    return arrival.join(greeting, options, deadline);
  }

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
    if (!result.ok) {
      // Without a majority nobody knows whether it will be decided: the intent stays, and a tick goes on with it.
      // Another call may be getting it decided right now.
      const isUndecided = result.error.code === "no_quorum" || leavingCount > 1;
      if (!isUndecided && ring.isMember()) await departure.stay();
      return result;
    }
    if (options.wait === false) return result;
    wake();
    await until(deadline, () => ring.layout().ringId !== ringId);
    return ok(report(ring.layout().ringId !== ringId));
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
      const isGone = () => !memberOf(ring.layout(), member.id);
      if (options.wait === false) return ok(report(false));
      await until(deadline, () => isGone() && ring.layout().phase === "stable");
      return ok(report(isGone()));
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

  return {
    isJoining: () => joiningCount > 0,
    join: (options) =>
      inTime(async (deadline) => {
        joiningCount++;
        try {
          return await join(options, deadline);
        } finally {
          joiningCount--;
        }
      }),
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
