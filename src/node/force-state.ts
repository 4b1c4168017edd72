/** What a force makes of a node's state: which one it follows, and when that is over. */
import { partitionsInDoubt } from "../core/forced-layout.ts";
import { type Layout, memberOf } from "../core/layout.ts";
import type { Forcing, NodeState } from "./state.ts";

/** The force that is under way; absent when this node is in neither of its rings, or the old one has gone on without it. */
export function liveForcing({ forcing, stay }: NodeState): Forcing | undefined {
  if (!forcing) return undefined;
  const { ringId, epoch } = stay.layout;
  const isThere = ringId === forcing.layout.ringId;
  const isBefore =
    ringId === forcing.replacedRingId && epoch < forcing.layout.epoch;
  return isThere || isBefore ? forcing : undefined;
}

/** The state of a node that has brought the force to its end; absent when another one came. */
export function withoutForcing(
  { forcing, ...rest }: NodeState,
  { layout }: Forcing,
): NodeState | undefined {
  return forcing?.layout.ringId === layout.ringId ? rest : undefined;
}

/** The state of a node that has followed; absent when it may not, or has already. */
export function withForced(
  state: NodeState,
  layout: Layout,
  replacedRingId: string,
): NodeState | undefined {
  const { stay } = state;
  if (!memberOf(layout, stay.memberId)) return undefined;
  // Of two forces at once the one with the lesser id wins everywhere, as long as the other ring has decided nothing.
  const { ringId, epoch } = stay.layout;
  const forcing = liveForcing(state);
  const isOwnBefore =
    forcing?.replacedRingId === replacedRingId &&
    forcing.layout.ringId < layout.ringId;
  const isNext =
    ringId === replacedRingId && epoch < layout.epoch && !isOwnBefore;
  const isBeforeOther =
    stay.replacedRingId === replacedRingId &&
    epoch === layout.epoch &&
    layout.ringId < ringId;
  if (!isNext && !isBeforeOther) return undefined;
  return {
    ...state,
    stay: { ...stay, layout, replacedRingId },
    // Whoever has followed takes the others along: the node that began may be gone.
    forcing: {
      replacedRingId,
      layout,
      partitionsInDoubt: allInDoubt(forcing, stay.layout, layout),
    },
  };
}

/** What the new ring may have lost, and what the one that it replaces had lost already if a force is not at its end there. */
export function allInDoubt(
  begun: Forcing | undefined,
  before: Layout,
  forced: Layout,
): readonly number[] {
  const known = begun?.partitionsInDoubt ?? [];
  const all = new Set([...known, ...partitionsInDoubt(before, forced)]);
  return [...all].sort((a, b) => a - b);
}
