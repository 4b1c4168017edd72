/** Joining: a node stores the id that it will have, asks a member to decide, and switches when the ring's layout names it. */
import { fail, ok, type Result, type RingError } from "../core/errors.ts";
import { type Layout, type Member, memberOf } from "../core/layout.ts";
import type { Greeting } from "../core/message.ts";
import { randomId } from "../core/random.ts";
import type { Clock, Random } from "../ports.ts";
import type { JoinOptions } from "./api.ts";
import type { Deadline } from "./deadline.ts";
import { type JoinCourse, newCourse, unanswered } from "./join-course.ts";
import { greetFirst, type MeetingParts, unfitReason } from "./meeting.ts";
import type { Peers } from "./peers.ts";
import type { Ring } from "./ring.ts";
import { garbageOf, isAmongOthers, type NodeState } from "./state.ts";

/** A node's way into another ring. Its intent is stored before anybody is asked, so that a crash does not end it. */
export interface Arrival {
  /** Finds a member of the ring at `urls`, and whether this node may join it. */
  meet(options: JoinOptions): Promise<Result<Greeting>>;
  /** Gets this node into that member's ring; resolves when it has switched, or with the reason why it will not. */
  join(
    greeting: Greeting,
    options: JoinOptions,
    deadline: Deadline,
  ): Promise<Result<Layout>>;
  /** Switches to the ring that the node asked to join, once its layout names the node; false when it does not. */
  switchTo(layout: Layout): Promise<boolean>;
  /** After an undo: takes up the node's own ring again, and refuses the id that it asked to join under for ever. */
  takeUpPrevious(): Promise<boolean>;
  /** Goes on with a join that a crash interrupted, by one round of calls. */
  resume(): Promise<void>;
}

/** The node's stored state, and how it asks members of a ring that it is not in yet. */
export interface ArrivalParts extends MeetingParts {
  readonly ring: Ring;
  readonly peers: Peers;
  readonly clock: Clock;
  readonly random: Random;
  /** For one proposal: the member that is asked needs an operation's time to get it decided. */
  readonly decisionTimeoutMs: number;
}

const pollMs = 50;
const retryMs = 500;
/** Rounds after which a join that a crash interrupted is given up, whatever is answered: two minutes at least. */
const resumedRoundsMax = 240;

type JoinIntent = NonNullable<NodeState["joining"]>;

/** Of a join that is resumed it remembers in memory how long it was tried: a restart begins with new patience. */
export function createArrival(parts: ArrivalParts): Arrival {
  const { ring, self } = parts;

  /**
   * Stores the intent first: from here on the node's own ring takes no writes. Absent when that ring is no more the
   * node's alone: somebody else has joined it, or is joining it, since the caller looked.
   */
  async function intend(
    { layout }: Greeting,
    urls: readonly string[],
    replace: boolean,
  ): Promise<JoinIntent | undefined> {
    const known = layout.members.map(({ url }) => url);
    const joining: JoinIntent = {
      ringId: layout.ringId,
      memberId: randomId(parts.random),
      // Those that were named may leave the ring while the node waits: any of its members will do.
      urls: [...new Set([...urls, ...known])],
      replace,
    };
    const isStored = await ring.change((state) =>
      isAmongOthers(state.stay) ? undefined : { ...state, joining },
    );
    return isStored ? joining : undefined;
  }

  function switchTo(layout: Layout): Promise<boolean> {
    return ring.change((state) => switched(state, layout));
  }

  /** Gives the join up for good: should the ring still decide it, this id answers nothing and the change is undone. */
  async function giveUp(memberId: string): Promise<void> {
    await ring.change((state) => {
      if (state.joining?.memberId !== memberId) return undefined;
      const { joining, ...rest } = state;
      return { ...rest, refusedIds: [...state.refusedIds, joining.memberId] };
    });
  }

  /**
   * One round: asks a member of the ring to decide the change, unless it is decided already. Gives the layout that names
   * this node once that has come, or why there will be none; absent when another round may do better.
   */
  async function askRound(
    joining: JoinIntent,
    course: JoinCourse,
  ): Promise<Result<Layout> | undefined> {
    const { memberId } = joining;
    const hasArrived = () => ring.memberId() === memberId;
    if (hasArrived()) return ok(ring.layout());
    // An id that was given up, or that the ring has undone, is never asked for again.
    if (ring.state().joining?.memberId !== memberId) return overtaken;
    course.rounds++;
    const greeting = await greetMember(parts, joining);
    if (greeting) await switchTo(greeting.layout);
    if (hasArrived()) return ok(ring.layout());
    const error = greeting
      ? await askOnce(parts, greeting, joining)
      : unanswered;
    course.isDecided = error === undefined;
    // A ring that decides another change meanwhile is alive, and its changes may take long.
    if (!error || error.code === "change_in_progress") course.renewPatience();
    if (!error) return undefined;
    course.lastError = error;
    if (isPassing(error) && !course.isOutOfPatience()) return undefined;
    await giveUp(memberId);
    return hasArrived() ? ok(ring.layout()) : ended(error);
  }

  /**
   * Asks round after round until the layout that names this node has come. Gives up when the ring could not decide for
   * long, for meanwhile the node's own ring takes no writes.
   */
  async function ask(
    joining: JoinIntent,
    deadline: Deadline,
  ): Promise<Result<Layout>> {
    const { memberId } = joining;
    const course = newCourse(parts.clock);
    try {
      while (!deadline.isOver()) {
        const end = await askRound(joining, course);
        if (end) return end;
        if (course.isDecided) await untilSwitched(ring, memberId, deadline);
        if (ring.memberId() !== memberId) await deadline.sleep(retryMs);
      }
    } finally {
      course.cancel();
    }
    await giveUp(memberId);
    return ring.memberId() === memberId
      ? ok(ring.layout())
      : ended(course.lastError);
  }

  let resumed:
    | { readonly memberId: string; readonly course: JoinCourse }
    | undefined;

  return {
    async meet(options) {
      const found = await greetFirst(parts, options.urls);
      if (!found.ok) return found;
      return unfitReason(found.value, self, options, ring.memberId()) ?? found;
    },
    async join(greeting, { urls, replace = false }, deadline) {
      if (ring.state().joining)
        return fail(
          "change_in_progress",
          "This node is joining a ring already; try again when that has ended.",
        );
      const joining = await intend(greeting, urls, replace);
      return joining ? ask(joining, deadline) : notAlone;
    },
    switchTo,
    takeUpPrevious: () =>
      ring.change((state) => {
        const { stay, previous, departure, ...rest } = state;
        // Only an undo lets go of a member that was still joining; who is let go later has left, or was removed.
        const wasUndone = departure?.next?.joining.includes(stay.memberId);
        if (!previous || !wasUndone) return undefined;
        return {
          ...rest,
          isLeaving: false,
          stay: previous,
          refusedIds: [...state.refusedIds, stay.memberId],
          garbage: [...state.garbage, garbageOf(stay)],
        };
      }),
    async resume() {
      const { joining } = ring.state();
      if (!joining) return;
      if (resumed?.memberId !== joining.memberId) {
        resumed?.course.cancel();
        const course = newCourse(parts.clock);
        resumed = { memberId: joining.memberId, course };
      }
      const { memberId, course } = resumed;
      const end = await askRound(joining, course);
      if (!end && course.rounds >= resumedRoundsMax) await giveUp(memberId);
      if (!ring.state().joining) course.cancel();
    },
  };
}

const notAlone = fail(
  "change_in_progress",
  "Another node is joining this node's own ring: ask again when that has ended (GET /dht/status), and this node leaves that ring first.",
);

const overtaken = fail(
  "change_undone",
  "The join came to nothing: the ring undid it, or another node has joined this node's own ring meanwhile. See where this node is (GET /dht/status), and ask again.",
);

/** Why the node gave the join up. It refuses the id that it asked under, so that whatever the ring decides comes to nothing. */
function ended(error: RingError): ReturnType<typeof fail> {
  const isUndecided =
    error.code === "no_quorum" || error.code === "outcome_unknown";
  return isUndecided
    ? fail(
        "no_quorum",
        "The ring answers, but no majority of the members that decide layouts does, so that it could not take this node in. The node is what it was before; should the ring decide the join after all, it undoes it. Start those members, and try again.",
        error.details,
      )
    : { ok: false, error };
}

/** Absent when the layout is not the one that the node waits for. */
function switched(state: NodeState, layout: Layout): NodeState | undefined {
  const { joining, stay, ...rest } = state;
  if (!joining || layout.ringId !== joining.ringId) return undefined;
  if (!memberOf(layout, joining.memberId)) return undefined;
  const wasMember = memberOf(stay.layout, stay.memberId) !== undefined;
  const { departure: _, ...kept } = rest;
  return {
    ...kept,
    stay: { memberId: joining.memberId, space: state.nextSpace, layout },
    nextSpace: state.nextSpace + 1,
    cleanedEpoch: layout.epoch,
    isLeaving: false,
    // A node that its ring has removed brings nothing along.
    ...(wasMember
      ? { previous: stay }
      : { garbage: [...state.garbage, garbageOf(stay)] }),
  };
}

async function untilSwitched(
  ring: Ring,
  memberId: string,
  deadline: Deadline,
): Promise<void> {
  for (let waitedMs = 0; waitedMs < 10 * retryMs; waitedMs += pollMs) {
    if (ring.memberId() === memberId || deadline.isOver()) return;
    await deadline.sleep(pollMs);
  }
}

/** Absent when the member says that the change is decided. */
async function askOnce(
  { peers, self, decisionTimeoutMs }: ArrivalParts,
  { layout, self: member }: Greeting,
  { memberId, replace }: JoinIntent,
) {
  const joiner: Member = { ...self, id: memberId };
  const old = layout.members.find(({ name }) => name === self.name);
  const change =
    replace && old && old.id !== memberId
      ? ({ kind: "replace", id: old.id, member: joiner } as const)
      : ({ kind: "join", member: joiner } as const);
  const outcome = await peers.sendDirectly(
    { layout, member },
    { kind: "propose", change },
    decisionTimeoutMs,
  );
  if (outcome.kind === "proposed") return undefined;
  if (outcome.kind === "error") return outcome.error;
  return fail("join_unreachable", `${member.name} did not answer.`).error;
}

/** Whether another try may succeed: another change is under way, or a majority could not be reached. */
function isPassing({ code }: { readonly code: string }): boolean {
  return [
    "change_in_progress",
    "no_quorum",
    "outcome_unknown",
    "join_unreachable",
    "not_a_member",
    "store_failed",
  ].includes(code);
}

/** One that is still a member of the ring that the node asked to join; absent when none could be reached. */
async function greetMember(
  parts: ArrivalParts,
  { ringId, urls }: JoinIntent,
): Promise<Greeting | undefined> {
  for (const url of urls) {
    const found = await greetFirst(parts, [url]);
    if (!found.ok) continue;
    const { layout, self } = found.value;
    // One that was removed answers too, for it does not know where else it belongs.
    if (layout.ringId === ringId && memberOf(layout, self.id))
      return found.value;
  }
  return undefined;
}
