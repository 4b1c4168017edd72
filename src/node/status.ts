/** A node's view of its ring, for people and programs. */
import {
  type Layout,
  type Member,
  memberOf,
  primaryOf,
  replicaIdsOf,
} from "../core/layout.ts";
import { unmovedCount } from "../core/layout-change.ts";
import {
  type Progress,
  protocolVersion,
  protocolVersionLowest,
} from "../core/message.ts";
import type { Abstainers } from "./abstainers.ts";
import type {
  MemberStatus,
  NodeStatus,
  RingIdentity,
  RingNode,
} from "./api.ts";
import type { Import } from "./import.ts";
import type { Ring } from "./ring.ts";
import type { Stay } from "./state.ts";
import type { StoreWatch } from "./store-watch.ts";
import type { Suspicion } from "./suspicion.ts";
import type { Unreadable } from "./unreadable.ts";

/** What a view is made of. */
export interface StatusParts {
  readonly ring: Ring;
  readonly suspicion: Suspicion;
  readonly imports: Import;
  readonly unreadable: Unreadable;
  readonly abstainers: Abstainers;
  readonly ailment: StoreWatch["ailment"];
  readonly progress: () => Progress | undefined;
  readonly self: Omit<Member, "id">;
}

/** What a node called `name` tells of itself and of its ring. */
export function createView(
  name: string,
  parts: StatusParts,
): Pick<RingNode, "peers" | "status" | "settings" | "identity" | "greeting"> {
  const { ring, self } = parts;
  return {
    peers: () => selfFirst(ring.layout(), ring.memberId()).map(nameOf),
    status: () => ({ name, ...statusOf(parts) }),
    settings: () => ring.layout().settings,
    identity: () => identityOf(ring.state().stay),
    greeting: () => ({
      versions: [protocolVersionLowest, protocolVersion],
      layout: ring.layout(),
      self: { ...self, id: ring.memberId() },
    }),
  };
}

function nameOf({ name }: { readonly name: string }): string {
  return name;
}

function statusOf(parts: StatusParts): Omit<NodeStatus, "name"> {
  const { ring, unreadable, imports } = parts;
  const layout = ring.layout();
  const members = memberStatuses(parts, layout);
  const progress = parts.progress();
  const recordsLost = imports.recordsLost();
  const unreadableFloors = unreadable.floors(ring.space());
  const storeFailure = parts.ailment();
  return {
    ringId: layout.ringId,
    epoch: layout.epoch,
    phase: layout.phase,
    settings: layout.settings,
    members,
    systemMembers: layout.system.map((id) => memberOf(layout, id)?.name ?? id),
    ...(progress && { progress }),
    ...(imports.isRunning() && {
      importing: { keysImported: imports.keysImported() },
    }),
    ...(recordsLost > 0 && { recordsLost }),
    activity: activityOf(parts),
    ...(storeFailure && { storeFailure }),
    unreadableRecords: unreadable.count(ring.space()),
    ...(unreadableFloors.length > 0 && { unreadableFloors }),
    isEven: isEven(layout),
  };
}

function activityOf({ ring, imports }: StatusParts): NodeStatus["activity"] {
  const { joining, isLeaving } = ring.state();
  if (joining) return "joining";
  if (isLeaving) return "leaving";
  if (!ring.isMember()) return "removed";
  return imports.isRunning() ? "importing" : "none";
}

function memberStatuses(
  parts: StatusParts,
  layout: Layout,
): readonly MemberStatus[] {
  const { ring } = parts;
  const primary = new Map<string, number>();
  const all = new Map<string, number>();
  const count = (counts: Map<string, number>, id: string) =>
    counts.set(id, (counts.get(id) ?? 0) + 1);
  layout.table.forEach((_, partition) => {
    count(primary, primaryOf(layout, partition));
    for (const id of replicaIdsOf(layout, partition)) count(all, id);
  });
  return selfFirst(layout, ring.memberId()).map((member) => {
    const isSelf = member.id === ring.memberId();
    return {
      ...member,
      isSelf,
      health: isSelf ? "self" : healthOf(parts, member.id),
      partitionsAsPrimary: primary.get(member.id) ?? 0,
      partitions: all.get(member.id) ?? 0,
    };
  });
}

function healthOf(
  { suspicion, abstainers }: StatusParts,
  id: string,
): MemberStatus["health"] {
  if (suspicion.isDisplaced(id)) return "displaced";
  if (suspicion.hasFailed(id)) return "suspected";
  return abstainers.has(id) ? "store-failing" : "ok";
}

/** Which ring the node answers from during this stay. */
function identityOf(stay: Stay): RingIdentity {
  const { layout, origin, replacedRingId, joinedFromRingId } = stay;
  const succeededIds = [replacedRingId, joinedFromRingId];
  return {
    ringId: layout.ringId,
    succeededIds: succeededIds.filter((id) => id !== undefined),
    ...(origin && { leftRingId: origin.ringId }),
  };
}

/** The members as listings give them: this node first, the others in the layout's order. */
export function selfFirst(layout: Layout, selfId: string) {
  const self = layout.members.filter(({ id }) => id === selfId);
  return [...self, ...layout.members.filter(({ id }) => id !== selfId)];
}

/** By layout: placing every partition again is too much for each question about the same one. */
const evenness = new WeakMap<Layout, boolean>();

function isEven(layout: Layout): boolean {
  const known = evenness.get(layout);
  if (known !== undefined) return known;
  const isEven = layout.phase === "stable" && unmovedCount(layout) === 0;
  evenness.set(layout, isEven);
  return isEven;
}
