/** Joining: a node stores the id that it will have, asks a member to decide, and switches when the ring's layout names it. */
import { fail, ok, type Result } from "../core/errors.ts";
import {
  type Layout,
  type Member,
  memberOf,
  type Settings,
} from "../core/layout.ts";
import { type Greeting, protocolVersion } from "../core/message.ts";
import { decodeGreeting } from "../core/message-codec.ts";
import { randomId } from "../core/random.ts";
import type { Log, Random, Transport } from "../ports.ts";
import type { JoinOptions } from "./api.ts";
import type { Deadline } from "./deadline.ts";
import type { Peers } from "./peers.ts";
import type { Ring } from "./ring.ts";
import { garbageOf, type NodeState } from "./state.ts";

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
  /** Goes on with a join that a crash interrupted. */
  resume(deadline: Deadline): Promise<void>;
}

export interface ArrivalParts {
  readonly ring: Ring;
  readonly peers: Peers;
  readonly transport: Transport;
  readonly random: Random;
  readonly log: Log;
  /** This node as a member, but for its id. */
  readonly self: Omit<Member, "id">;
  readonly callTimeoutMs: number;
  readonly decisionTimeoutMs: number;
}

const pollMs = 50;
const retryMs = 500;
/** Rounds of calls without any answer after which a join is given up: about a minute. */
const silentTriesMax = 60;

type JoinIntent = NonNullable<NodeState["joining"]>;

export function createArrival(parts: ArrivalParts): Arrival {
  const { ring, self } = parts;

  /** Stores the intent first: from here on the node's own ring takes no writes. */
  async function intend(
    { layout }: Greeting,
    urls: readonly string[],
    replace: boolean,
  ): Promise<JoinIntent> {
    const known = layout.members.map(({ url }) => url);
    const joining: JoinIntent = {
      ringId: layout.ringId,
      memberId: randomId(parts.random),
      // Those that were named may leave the ring while the node waits: any of its members will do.
      urls: [...new Set([...urls, ...known])],
      replace,
    };
    await ring.change((state) => ({ ...state, joining }));
    return joining;
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
   * Asks members of the ring in turn until one has decided the change; resolves when the layout that names this node
   * has come. Gives up when no member could be reached for long, for meanwhile the node's own ring takes no writes.
   */
  async function ask(
    joining: JoinIntent,
    deadline: Deadline,
  ): Promise<Result<Layout>> {
    const { memberId } = joining;
    let silentTries = 0;
    let lastError = fail("join_unreachable", "No member of the ring answered.");
    while (!deadline.isOver() && silentTries < silentTriesMax) {
      if (ring.memberId() === memberId) return ok(ring.layout());
      const greeting = await greetMember(parts, joining);
      if (greeting) await switchTo(greeting.layout);
      if (ring.memberId() === memberId) return ok(ring.layout());
      const error = greeting
        ? await askOnce(parts, greeting, joining)
        : lastError.error;
      if (!error) await untilSwitched(ring, memberId, deadline);
      else if (isPassing(error)) lastError = { ok: false, error };
      else {
        await giveUp(memberId);
        return { ok: false, error };
      }
      silentTries = greeting ? 0 : silentTries + 1;
      if (ring.memberId() !== memberId) await deadline.sleep(retryMs);
    }
    await giveUp(memberId);
    return ring.memberId() === memberId ? ok(ring.layout()) : lastError;
  }

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
      return ask(await intend(greeting, urls, replace), deadline);
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
    async resume(deadline) {
      const { joining } = ring.state();
      if (joining) await ask(joining, deadline);
    },
  };
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

/** Whether another try may succeed: another change is under way, or nobody could be reached. */
function isPassing({ code }: { readonly code: string }): boolean {
  return [
    "change_in_progress",
    "no_quorum",
    "join_unreachable",
    "not_a_member",
    "store_failed",
  ].includes(code);
}

/** A member that is still in the ring that the node asked to join; absent when none could be reached. */
async function greetMember(
  parts: ArrivalParts,
  { ringId, urls }: JoinIntent,
): Promise<Greeting | undefined> {
  for (const url of urls) {
    const found = await greetFirst(parts, [url]);
    if (found.ok && found.value.layout.ringId === ringId) return found.value;
  }
  return undefined;
}

/** The first node that answers as one; its settings and names are then the ring's. */
async function greetFirst(
  { transport, self, callTimeoutMs }: ArrivalParts,
  urls: readonly string[],
): Promise<Result<Greeting>> {
  let error = fail("join_unreachable", "No url to join was given.");
  for (const url of urls) {
    if (url === self.url) {
      error = fail(
        "join_itself",
        `${url} is this node itself: name another one.`,
      );
      continue;
    }
    const result = await transport.hello(url, callTimeoutMs);
    const greeting =
      result.kind === "answer" ? decodeGreeting(result.body) : undefined;
    if (greeting) return ok(greeting);
    error =
      result.kind === "answer"
        ? fail("join_not_a_node", `${url} does not answer as a ringwalk node.`)
        : fail(
            "join_unreachable",
            `${url} cannot be joined: ${result.reason}.`,
          );
  }
  return error;
}

/** Why this node may not join that ring; absent when it may. */
function unfitReason(
  { layout, versions, self: member }: Greeting,
  self: Omit<Member, "id">,
  { expected }: JoinOptions,
  selfId: string,
) {
  if (member.id === selfId)
    return fail("join_itself", "That is this node itself: name another one.");
  const [lowest, highest] = versions;
  if (protocolVersion < lowest || protocolVersion > highest)
    return fail(
      "version_unsupported",
      `The ring speaks protocol versions ${lowest} to ${highest}, this node ${protocolVersion}: upgrade one of them.`,
    );
  if (
    layout.settings.consistency === "linearizable" &&
    self.guarantee === "eventual"
  )
    return fail(
      "join_store_unfit",
      "This node's store cannot keep the promises of a linearizable ring: use sqlite, fs or memory.",
    );
  const differing = differingSettings(layout.settings, expected ?? {});
  if (differing.length > 0)
    return fail(
      "join_settings_differ",
      `The ring was founded with other settings: ${differing.join("; ")}. Start this node without those flags.`,
      { differing },
    );
  return undefined;
}

function differingSettings(
  settings: Settings,
  expected: NonNullable<JoinOptions["expected"]>,
): readonly string[] {
  const names = [
    "consistency",
    "partitionCount",
    "replicaCount",
    "valueBytesMax",
  ] as const;
  return names
    .filter(
      (name) =>
        expected[name] !== undefined && expected[name] !== settings[name],
    )
    .map((name) => `${name} is ${settings[name]}, not ${expected[name]}`);
}
