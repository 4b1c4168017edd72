/** Membership changes as a member decides them: one at a time, each a joint layout that the driver carries to its end. */
import { fail, ok, type Result } from "../core/errors.ts";
import { type Layout, type Member, memberOf } from "../core/layout.ts";
import { jointLayout, type LayoutChange } from "../core/layout-change.ts";
import type { Clock, Log } from "../ports.ts";
import type { Deadline } from "./deadline.ts";
import type { Decision } from "./decision.ts";
import type { Peers } from "./peers.ts";
import type { Ring } from "./ring.ts";
import type { Spread } from "./spread.ts";

export interface Membership {
  /** Gets the change's joint layout decided, at once or not at all. What is so already is no error. */
  propose(change: LayoutChange): Promise<Result<{ readonly epoch: number }>>;
  /** Proposes until the change is decided: another change that is under way is waited for. */
  proposeInTurn(
    change: LayoutChange,
    deadline: Deadline,
  ): Promise<Result<{ readonly epoch: number }>>;
  /** Waits until the layout is stable and every member that can be reached has stored it. */
  untilStable(deadline: Deadline): Promise<boolean>;
}

export interface MembershipParts {
  readonly ring: Ring;
  readonly peers: Peers;
  readonly decision: Decision;
  readonly spread: Spread;
  readonly clock: Clock;
  readonly log: Log;
}

const pollMs = 50;

export function createMembership(parts: MembershipParts): Membership {
  const { ring, decision, spread, log } = parts;

  async function propose(
    change: LayoutChange,
  ): Promise<Result<{ readonly epoch: number }>> {
    const layout = ring.layout();
    if (!ring.isMember())
      return fail(
        "not_a_member",
        "This node is not a member of the ring (any more): ask another one.",
      );
    if (isSo(layout, change)) return ok({ epoch: layout.epoch });
    const living = await livingTarget(parts, layout, change);
    if (living)
      return fail(
        "member_alive",
        `${living} answers, so it is not dead: let it leave instead (POST /dht/leave at ${living}).`,
      );
    const joint = jointLayout(layout, change);
    if (!joint.ok) return joint;
    const decided = await decision.decide(layout, joint.value);
    if (!decided && ring.layout() === layout)
      return fail(
        "no_quorum",
        "No majority of the members that decide layouts could be reached; the change may still take place.",
        { system: layout.system.map((id) => memberOf(layout, id)?.name) },
      );
    // Somebody else may have finished this very proposal.
    if (!decided?.isMine && !isSo(ring.layout(), change))
      return fail(
        "change_in_progress",
        "Another membership change was decided first; try again when it is finished.",
      );
    const { epoch } = decided?.layout ?? ring.layout();
    log.info("membership change began", {
      change: change.kind,
      epoch,
    });
    return ok({ epoch });
  }

  return {
    propose,
    async proposeInTurn(change, deadline) {
      for (;;) {
        const result = await propose(change);
        const isBusy = !result.ok && result.error.code === "change_in_progress";
        if (!isBusy || deadline.isOver()) return result;
        await deadline.sleep(pollMs);
      }
    },
    async untilStable(deadline) {
      while (ring.layout().phase !== "stable") {
        if (deadline.isOver()) return false;
        await deadline.sleep(pollMs);
      }
      await spread.run();
      return true;
    },
  };
}

/** The name of the member that a remove or a replace takes for dead although it answers; absent when it does not. */
async function livingTarget(
  { peers, ring }: MembershipParts,
  layout: Layout,
  change: LayoutChange,
): Promise<string | undefined> {
  if (change.kind !== "remove" && change.kind !== "replace") return undefined;
  const member = memberOf(layout, change.id);
  if (!member) return undefined;
  if (member.id === ring.memberId()) return member.name;
  const outcome = await peers.sendDirectly(
    { layout, member },
    { kind: "ping" },
  );
  return outcome.kind === "pong" || outcome.kind === "stale"
    ? member.name
    : undefined;
}

/** Whether the layout, or where a joint one is going, is what the change asks for. */
export function isSo(layout: Layout, change: LayoutChange): boolean {
  const side = layout.next ?? layout;
  const find = (id: string) => side.members.find((member) => member.id === id);
  switch (change.kind) {
    case "join":
      return find(change.member.id) !== undefined;
    case "replace":
      return (
        find(change.member.id) !== undefined && find(change.id) === undefined
      );
    case "leave":
    case "remove":
      return find(change.id) === undefined;
    case "update":
      return isSameMember(find(change.member.id), change.member);
    case "replica-count":
      return side.settings.replicaCount === change.replicaCount;
    case "rebalance":
      return layout.phase === "joint";
  }
}

export function isSameMember(a: Member | undefined, b: Member): boolean {
  return (
    a?.id === b.id &&
    a.name === b.name &&
    a.url === b.url &&
    a.zone === b.zone &&
    a.weight === b.weight &&
    a.guarantee === b.guarantee &&
    a.versions.join() === b.versions.join()
  );
}
