/** Membership change as functions from layout to layout: joint, stable, undone. Who may decide them is the node's part. */
import { fail, ok, type Result } from "./errors.ts";
import {
  changingPartitions,
  isEventual,
  isSameSet,
  type Layout,
  type Member,
  type NextAssignment,
  type Replica,
  replicasOf,
  type Settings,
} from "./layout.ts";
import { memberCountMax, replicaCountMax, systemSizeMax } from "./limits.ts";
import { type Placement, place } from "./placement.ts";

/** What a membership change asks for. */
export type LayoutChange =
  | { readonly kind: "join"; readonly member: Member }
  /** A live member goes; `remove` is the same for a dead one. */
  | { readonly kind: "leave"; readonly id: string }
  | { readonly kind: "remove"; readonly id: string }
  /** A node that lost its store takes over its old self's share under a new id. */
  | {
      readonly kind: "replace";
      readonly id: string;
      readonly member: Member;
    }
  /** A member's url, zone, weight or versions changed. */
  | { readonly kind: "update"; readonly member: Member }
  | { readonly kind: "replica-count"; readonly replicaCount: number }
  /** Evens out what an incomplete change left behind. */
  | { readonly kind: "rebalance" };

/**
 * The layout of a ring's first epoch: the founder keeps everything and decides alone. A node that left another ring
 * goes on above that ring's epochs; whatever its fresh store holds is of this stay.
 */
export function foundingLayout(
  ringId: string,
  member: Member,
  settings: Settings,
  epoch = 1,
): Layout {
  const replicas: readonly Replica[] = [{ id: member.id, since: 1 }];
  return {
    ringId,
    epoch,
    phase: "stable",
    settings,
    members: [member],
    system: [member.id],
    table: Array.from({ length: settings.partitionCount }, () => replicas),
  };
}

/** The joint layout that begins `change`, or why there is none. */
export function jointLayout(
  layout: Layout,
  change: LayoutChange,
): Result<Layout> {
  if (layout.phase === "joint")
    return fail(
      "change_in_progress",
      "Another membership change is in progress; try again when it is finished.",
    );
  const wanted = wantedSide(layout, change);
  if (!wanted.ok) return wanted;
  if (!isEventual(layout) && wanted.value.members.some(isUnfit))
    return fail(
      "join_store_unfit",
      "A store that may answer what is over cannot keep the promises of a linearizable ring: its node can join an eventual one.",
    );
  const epoch = layout.epoch + 1;
  const next = assign(layout, wanted.value, epoch, renameOf(change));
  const leaving = layout.members.filter(
    ({ id }) => !next.members.some((member) => member.id === id),
  );
  return ok({
    ...layout,
    epoch,
    phase: "joint",
    members: [...next.members, ...leaving],
    next,
  });
}

/**
 * How many partitions of a stable layout have other replicas than its members' placement gives them, because a change
 * ended without them: what `rebalance` would move. 0 after every complete change, and in a joint layout.
 */
export function unmovedCount(layout: Layout): number {
  const joint = jointLayout(layout, { kind: "rebalance" });
  return joint.ok ? changingPartitions(joint.value).length : 0;
}

function isUnfit({ guarantee }: Member): boolean {
  return guarantee === "eventual";
}

interface Side {
  readonly members: readonly Member[];
  readonly settings: Settings;
}

function wantedSide(layout: Layout, change: LayoutChange): Result<Side> {
  const { members, settings } = layout;
  const without = (id: string) => members.filter((member) => member.id !== id);
  const isKnown = (id: string) => members.some((member) => member.id === id);
  switch (change.kind) {
    case "join":
      if (members.some(({ name }) => name === change.member.name))
        return fail(
          "name_taken",
          `The ring already has a member named ${change.member.name}: start this node under another name (-n NAME), or with --replace if it is that member and lost its data.`,
          { name: change.member.name },
        );
      if (members.length >= memberCountMax)
        return fail(
          "change_incomplete",
          `A ring has at most ${memberCountMax} members.`,
        );
      return ok({ members: [...members, change.member], settings });
    case "leave":
    case "remove":
      if (!isKnown(change.id)) return unknownMember(change.id);
      if (members.length === 1)
        return fail("change_incomplete", "The last member cannot go.");
      return ok({ members: without(change.id), settings });
    case "replace":
      if (!isKnown(change.id)) return unknownMember(change.id);
      return ok({ members: replaced(members, change), settings });
    case "update":
      if (!isKnown(change.member.id)) return unknownMember(change.member.id);
      return ok({
        members: members.map((member) =>
          member.id === change.member.id ? change.member : member,
        ),
        settings,
      });
    case "replica-count":
      if (
        !Number.isInteger(change.replicaCount) ||
        change.replicaCount < 1 ||
        change.replicaCount > replicaCountMax
      )
        return fail(
          "invalid_body",
          `replicaCount is a whole number from 1 to ${replicaCountMax}.`,
        );
      return ok({
        members,
        settings: { ...settings, replicaCount: change.replicaCount },
      });
    case "rebalance":
      return ok({ members, settings });
  }
}

/** An incomplete replacement may have left both: then only the old one goes. */
function replaced(
  members: readonly Member[],
  { id, member }: LayoutChange & { kind: "replace" },
): readonly Member[] {
  const others = members.filter((m) => m.id !== id && m.id !== member.id);
  return [...others, member];
}

function unknownMember(id: string) {
  return fail("member_unknown", "The ring has no such member.", { id });
}

/** A replacement takes its old self's place in the table before anything is balanced, so that only its share moves. */
function renameOf(change: LayoutChange): ReadonlyMap<string, string> {
  return change.kind === "replace"
    ? new Map([[change.id, change.member.id]])
    : new Map();
}

function assign(
  layout: Layout,
  side: Side,
  epoch: number,
  renamed: ReadonlyMap<string, string>,
): NextAssignment {
  const current: Placement = layout.table.map((replicas) =>
    replicas.map(({ id }) => renamed.get(id) ?? id),
  );
  const placement = place({
    partitionCount: side.settings.partitionCount,
    replicaCount: side.settings.replicaCount,
    members: side.members,
    current,
  });
  const table = placement.map((ids, partition) => {
    const old = replicasOf(layout, partition);
    return ids.map(
      (id): Replica => old.find((r) => r.id === id) ?? { id, since: epoch },
    );
  });
  const joining = side.members
    .map(({ id }) => id)
    .filter((id) => !layout.members.some((member) => member.id === id));
  const system = nextSystem(layout.system, side.members);
  return { ...side, table, system, joining };
}

/** Keeps those that stay, fills up with members of a lasting store first: a store that forgets decides last. */
function nextSystem(
  system: readonly string[],
  members: readonly Member[],
): readonly string[] {
  const staying = system.filter((id) => members.some((m) => m.id === id));
  const others = members.filter(({ id }) => !staying.includes(id));
  const durable = others.filter(({ guarantee }) => guarantee === "durable");
  const rest = others.filter(({ guarantee }) => guarantee !== "durable");
  const ids = [...durable, ...rest].map(({ id }) => id);
  return [...staying, ...ids].slice(0, systemSizeMax);
}

/**
 * The stable layout that ends a joint one: the new replicas where the copy is `done`, the old ones elsewhere, so that
 * one blocked partition does not block the others. A member that still keeps a partition stays a member.
 */
export function stableLayout(
  joint: Layout,
  isDone: (partition: number) => boolean,
): Layout {
  const { next } = joint;
  if (!next) throw new Error("only a joint layout can be made stable");
  const table = joint.table.map((old, partition) => {
    const wanted = replicasOf(next, partition);
    const isUnchanged = isSameSet(
      old.map(({ id }) => id),
      wanted.map(({ id }) => id),
    );
    return isUnchanged || isDone(partition) ? wanted : old;
  });
  const keeping = new Set(table.flat().map(({ id }) => id));
  const isStaying = ({ id }: Member) =>
    keeping.has(id) || next.members.some((member) => member.id === id);
  return {
    ringId: joint.ringId,
    epoch: joint.epoch + 1,
    phase: "stable",
    settings: next.settings,
    members: joint.members.filter(isStaying),
    system: next.system,
    table,
  };
}

/** Back to the old side. It needs no copy: every change under the joint layout had a majority of the old replicas. */
export function undoneLayout(joint: Layout): Layout {
  const { next, ...side } = joint;
  if (!next) throw new Error("only a joint layout can be undone");
  const members = joint.members.filter(({ id }) => !next.joining.includes(id));
  return { ...side, members, epoch: joint.epoch + 1, phase: "stable" };
}
