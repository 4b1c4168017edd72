/** The ring of the model: three of four nodes keep one partition, and the fourth may take the place of the third. */
import {
  type ChangeEvent,
  type ChangeState,
  type ChangeStep,
  stepChange,
} from "../../core/change.ts";
import type { Layout, Member } from "../../core/layout.ts";
import { quorumOf } from "../../core/layout.ts";
import {
  jointLayout,
  type LayoutChange,
  stableLayout,
  undoneLayout,
} from "../../core/layout-change.ts";
import type { Quorum } from "../../core/quorum.ts";

/** A, B and C at first. A and B stay and are alike; D comes for C. */
export const nodeIds: readonly string[] = ["A", "B", "C", "D"];

/** What becomes of the ring: C is replaced by D, that is undone, or only the epoch is renewed and nothing moves. */
export type End = "replaced" | "undone" | "renewed";

/** The rules of the protocol that a variant may break. */
export interface Rules {
  /** What a proposer makes of a reply. */
  readonly stepChange: (state: ChangeState, event: ChangeEvent) => ChangeStep;
  /** The majorities that a layout asks for. */
  readonly quorumOf: (layout: Layout) => Quorum;
  /** Whether a node still answers messages of epochs before the one it has stored. */
  readonly answersOlder: boolean;
  /** Whether a node lists its keys for the copy without storing the copy's epoch first. */
  readonly listsUnstored: boolean;
  /** Whether the keys that were listed are refreshed before the stable layout is decided. */
  readonly copies: boolean;
  /** Whether a damaged record is rebuilt in the epoch whose promises it may have forgotten. */
  readonly rebuildsAtOnce: boolean;
  /** Whether a damaged record is taken for none. */
  readonly readsDamagedAsAbsent: boolean;
  /** Whether what strikes a record is no damage but a restart, after which it holds no promise. */
  readonly forgetsPromises: boolean;
}

/** As the protocol has them. */
export const soundRules: Rules = {
  stepChange,
  quorumOf: (layout) => quorumOf(layout, 0),
  answersOlder: false,
  listsUnstored: false,
  copies: true,
  rebuildsAtOnce: false,
  readsDamagedAsAbsent: false,
  forgetsPromises: false,
};

/**
 * The layouts of epochs 1 (stable), 2 (joint) and 3 (stable again), in this order. Where nothing moves 3 asks for the
 * same votes as 2, and is left out.
 */
export function layoutsTo(end: End): readonly Layout[] {
  const old = ["A", "B", "C"].map(memberNamed);
  const first: Layout = {
    ringId: "ring",
    epoch: 1,
    phase: "stable",
    settings: {
      consistency: "linearizable",
      partitionCount: 1,
      replicaCount: 3,
      hashSeed: { low: 0, high: 0 },
      valueBytesMax: 1,
    },
    members: old,
    system: old.map(({ id }) => id),
    table: [old.map(({ id }) => ({ id, since: 1 }))],
  };
  const replacement: LayoutChange = {
    kind: "replace",
    id: "C",
    member: memberNamed("D"),
  };
  const isRenewed = end === "renewed";
  const joint = jointLayout(
    first,
    isRenewed ? { kind: "rebalance" } : replacement,
  );
  if (!joint.ok) throw new Error("the change was refused");
  if (isRenewed) return [first, joint.value];
  const last =
    end === "undone"
      ? undoneLayout(joint.value)
      : stableLayout(joint.value, () => true);
  return [first, joint.value, last];
}

function memberNamed(id: string): Member {
  const url = `http://${id.toLowerCase()}`;
  const rest = { weight: 1, guarantee: "durable", versions: [1, 1] } as const;
  return { id, name: id, url, ...rest };
}
