/** `join` as callers ask for it: true about this node, whatever it was when it last heard of the ring. */
import { fail, ok, type Result } from "../core/errors.ts";
import { type Member, memberOf } from "../core/layout.ts";
import type { Greeting } from "../core/message.ts";
import type { ChangeReport, JoinOptions } from "./api.ts";
import type { Arrival } from "./arrival.ts";
import type { ChangeWait } from "./change-wait.ts";
import type { Deadline } from "./deadline.ts";
import type { Import } from "./import.ts";
import type { Membership } from "./membership.ts";
import type { Ring } from "./ring.ts";
import { isAmongOthers } from "./state.ts";

/** What comes before a join, leaving, and after it, the import; and how each is waited for. */
export interface JoiningParts {
  readonly ring: Ring;
  readonly membership: Membership;
  readonly arrival: Arrival;
  readonly imports: Import;
  readonly wait: ChangeWait;
  readonly wake: () => void;
  readonly report: (isComplete: boolean) => ChangeReport;
  /** Leaves the ring that the node is in with others. */
  readonly leave: () => Promise<Result<ChangeReport>>;
}

const replacedInPart = fail(
  "change_incomplete",
  "Not every partition of the member that this node replaces could be moved, because members did not answer. Ask again when they do.",
);

/** What `RingNode.join` does, until the deadline; to ask again is safe. */
export type Joining = (
  options: JoinOptions,
  deadline: Deadline,
) => Promise<Result<ChangeReport>>;

/** In the ring already it waits, or finishes a replacement; from a ring with others it leaves first. */
export function createJoining(parts: JoiningParts): Joining {
  const { ring, arrival, imports, wake, report } = parts;

  /** Whether the ring is letting this node go, or the node has stored that it wants to. */
  function isOnItsWayOut(): boolean {
    const { next } = ring.layout();
    const isLetGo =
      next !== undefined &&
      ring.isMember() &&
      !next.members.some(({ id }) => id === ring.memberId());
    return isLetGo || ring.state().isLeaving;
  }

  /** Waits until this node is in its ring or out of it; gives why that could not be had. */
  async function untilInOrOut(options: JoinOptions, deadline: Deadline) {
    if (!isOnItsWayOut()) return undefined;
    if (options.wait !== false) {
      wake();
      const end = await parts.wait.until(deadline, () => !isOnItsWayOut());
      if (end === "ready") return undefined;
    }
    return fail(
      "change_in_progress",
      "This node is leaving its ring, which goes on as soon as a majority of the ring's members answers: ask again when it has left (GET /dht/status).",
    );
  }

  async function arrive(
    greeting: Greeting,
    options: JoinOptions,
    deadline: Deadline,
  ): Promise<Result<unknown>> {
    // What a node that its ring has removed still had to take over is taken over in the next one.
    if (ring.isMember() && imports.isRunning())
      return fail(
        "change_in_progress",
        "This node is still taking over keys of its own; try again when it has.",
      );
    // A node with fellow members leaves them first, and takes along what it was primary for.
    if (isAmongOthers(ring.state().stay)) {
      const left = await parts.leave();
      if (!left.ok) return left;
    }
    return arrival.join(greeting, options, deadline);
  }

  /** The member that had this node's name, and lost its store: an incomplete replacement leaves both. */
  function predecessor(): Member | undefined {
    const { members } = ring.layout();
    const self = memberOf(ring.layout(), ring.memberId());
    return members.find(
      ({ id, name }) => name === self?.name && id !== self.id,
    );
  }

  /** A replacement that did not come to its end is asked for again. */
  async function finishReplacing(
    { replace }: JoinOptions,
    deadline: Deadline,
  ): Promise<Result<unknown>> {
    const old = replace ? predecessor() : undefined;
    const member = memberOf(ring.layout(), ring.memberId());
    if (!old || !member) return ok(undefined);
    const change = { kind: "replace", id: old.id, member } as const;
    return parts.membership.proposeInTurn(change, deadline);
  }

  /** Waits until the ring is stable with this node in it, and its own keys are in the ring. */
  async function settle(deadline: Deadline): Promise<Result<ChangeReport>> {
    const memberId = ring.memberId();
    const isIn = () => ring.memberId() === memberId && ring.isMember();
    const end = await parts.wait.until(
      deadline,
      () =>
        !isIn() || (ring.layout().phase === "stable" && !imports.isRunning()),
    );
    if (isIn() && end === "stuck")
      return fail(
        "outcome_unknown",
        "The ring has admitted this node, but nothing has moved for a while: the join goes on, or is undone, as soon as a majority of the ring's members answers. GET /dht/status tells; to ask again is safe.",
      );
    if (isIn()) await parts.membership.tellAll();
    return isIn() ? ok(report(end === "ready")) : lost(memberId);
  }

  function lost(memberId: string) {
    const { refusedIds, departure } = ring.state();
    const wasUndone =
      refusedIds.includes(memberId) ||
      departure?.next?.joining.includes(memberId);
    return fail(
      "change_undone",
      wasUndone
        ? "The ring undid the join, because its members could not reach this node in time, or it could not reach them. The node is what it was before; see that they reach one another, and try again."
        : "This node left the ring, or was removed from it, while it was joining. Let it join again if it should be in the ring.",
    );
  }

  return async (options, deadline) => {
    const met = await arrival.meet(options);
    if (!met.ok) return met;
    const { layout } = met.value;
    const isInThatRing = () => ring.layout().ringId === layout.ringId;
    // What the ring knows counts, not what this node knew when it last heard of it: it may have been removed.
    if (isInThatRing()) await ring.adopt(layout);
    const held = isInThatRing() && (await untilInOrOut(options, deadline));
    if (held) return held;
    const isThere =
      isInThatRing() && memberOf(ring.layout(), ring.memberId()) !== undefined;
    const arrived = isThere
      ? await finishReplacing(options, deadline)
      : await arrive(met.value, options, deadline);
    if (!arrived.ok) return arrived;
    wake();
    if (options.wait === false) return ok(report(false));
    const settled = await settle(deadline);
    return settled.ok && options.replace && predecessor()
      ? replacedInPart
      : settled;
  };
}
