/** Membership changes as a member decides them: one at a time, each a joint layout that the driver carries to its end. */
import { fail, ok, type Result } from "../core/errors.ts";
import {
  canServe,
  changingPartitions,
  type Layout,
  type Member,
  memberOf,
  replicasOf,
} from "../core/layout.ts";
import { jointLayout, type LayoutChange } from "../core/layout-change.ts";
import type { Log } from "../ports.ts";
import type { Deadline } from "./deadline.ts";
import type { Decision, Undecided } from "./decision.ts";
import type { Peers } from "./peers.ts";
import type { Ring } from "./ring.ts";
import type { Spread } from "./spread.ts";

/** Decides changes; the copy carries them out, and `Changes` waits for it. */
export interface Membership {
  /** Gets the change's joint layout decided, at once or not at all. What is so already is no error. */
  propose(change: LayoutChange): Promise<Result<{ readonly epoch: number }>>;
  /** Proposes until the change is decided: another change that is under way is waited for. */
  proposeInTurn(
    change: LayoutChange,
    deadline: Deadline,
  ): Promise<Result<{ readonly epoch: number }>>;
  /** Has every member that can be reached store the layout. */
  tellAll(): Promise<void>;
}

/** Who decides, who spreads what was decided, and who is known to be silent or displaced. */
export interface MembershipParts {
  readonly ring: Ring;
  readonly peers: Peers;
  readonly decision: Decision;
  readonly spread: Spread;
  readonly log: Log;
}

const pollMs = 50;

/** What could not be served for members that are displaced is refused, and not proposed (`change_incomplete`). */
export function createMembership(parts: MembershipParts): Membership {
  const { ring, peers, decision, spread, log } = parts;

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
    const displaced = displacedIn(joint.value, peers.suspicion);
    if (displaced) return displacedFailure(displaced);
    const decided = await decision.decide(layout, joint.value);
    if (!decided.isDecided && ring.layout() === layout)
      return undecided(layout, decided);
    // Somebody else may have finished this very proposal.
    const isMine = decided.isDecided && decided.isMine;
    if (!isMine && !isSo(ring.layout(), change))
      return fail(
        "change_in_progress",
        "Another membership change was decided first; try again when it is finished.",
      );
    const { epoch } = decided.isDecided ? decided.layout : ring.layout();
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
    async tellAll() {
      await spread.run();
    },
  };
}

/**
 * The members in whose place other nodes answer, if the change would give them a row in which they are too many: the
 * row's keys could not be served, and the change would only end undone.
 */
function displacedIn(
  { members, next, ...joint }: Layout,
  suspicion: Peers["suspicion"],
): readonly Member[] | undefined {
  const displaced = members.filter(({ id }) => suspicion.isDisplaced(id));
  if (!next || displaced.length === 0) return undefined;
  const ids = displaced.map(({ id }) => id);
  const isCut = changingPartitions({ ...joint, members, next }).some(
    (partition) =>
      !canServe(next, [replicasOf(next, partition).map(({ id }) => id)], ids),
  );
  return isCut ? displaced : undefined;
}

function displacedFailure(displaced: readonly Member[]) {
  const names = displaced.map(({ name }) => name).join(", ");
  return fail(
    "change_incomplete",
    `Another node answers at the url of ${names}, so that some keys could not be served after this change; nothing was changed. Remove ${names} from this ring first (ringwalk remove NAME --node URL of a member), then ask again.`,
    { displaced: displaced.map(({ name }) => name) },
  );
}

/** Without a majority: whether the change may come all the same is what a caller has to know. */
function undecided(layout: Layout, { mayBeDecided }: Undecided) {
  const system = layout.system.map((id) => memberOf(layout, id)?.name ?? id);
  const shortage = `No majority of the members that decide layouts (${system.join(", ")}) answered`;
  return mayBeDecided
    ? fail(
        "outcome_unknown",
        `${shortage} in time, but some may hold the change: then it takes place as soon as a majority answers. See GET /dht/status then; to ask again is safe.`,
        { system },
      )
    : fail(
        "no_quorum",
        `${shortage}; nothing was applied, and nothing will be. Start those that are down and ask again, or give them up (ringwalk remove NAME --force).`,
        { system },
      );
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
  // Who knows a newer layout may be its successor: the change is proposed to a layout that is over, and tried again.
  return outcome.kind === "pong" ? member.name : undefined;
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

/** Whether a layout lists the member just as `b` says, its id included; false when it does not list it. */
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
