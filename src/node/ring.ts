/** The node's durable state in memory: which ring it acts in, at which epoch; every change is stored before it counts. */
import { type Layout, memberOf } from "../core/layout.ts";
import type { Store } from "../ports.ts";
import { createEpochGate, type EpochGate } from "./epoch-gate.ts";
import {
  encodeState,
  isAmongOthers,
  type NodeState,
  nodeBucket,
  stateKey,
} from "./state.ts";

/** The one holder of the node's state. It is asked at each use: any change may bring another ring, or another id. */
export interface Ring {
  state(): NodeState;
  layout(): Layout;
  memberId(): string;
  space(): number;
  /** Whether the node is a member of the layout that it has stored. */
  isMember(): boolean;
  readonly gate: EpochGate;
  /**
   * Stores a newer layout of the node's ring, waiting for writes under way.
   * False when it is of another ring or not newer.
   */
  adopt(layout: Layout): Promise<boolean>;
  /**
   * Stores what `change` makes of the state, waiting for writes under way; absent means no change. What the caller looked
   * at before may have changed while it waited: `change` has to look again.
   */
  change(change: (state: NodeState) => NodeState | undefined): Promise<boolean>;
  /** Called after every change. */
  onChange(callback: () => void): void;
}

/** `initial` is what the store holds; nobody else writes that record from here on. */
export function createRing(initial: NodeState, store: Store): Ring {
  let state = initial;
  const gate = createEpochGate();
  const callbacks: (() => void)[] = [];

  async function change(
    next: (state: NodeState) => NodeState | undefined,
  ): Promise<boolean> {
    const isChanged = await gate.exclusive(async () => {
      const made = next(state);
      if (!made) return false;
      const changed = withPast(state, made);
      const write = encodeState(changed);
      await store.update(nodeBucket, stateKey, () => ({ write, result: true }));
      state = changed;
      return true;
    });
    if (isChanged) for (const callback of callbacks) callback();
    return isChanged;
  }

  return {
    state: () => state,
    layout: () => state.stay.layout,
    memberId: () => state.stay.memberId,
    space: () => state.stay.space,
    isMember: () =>
      memberOf(state.stay.layout, state.stay.memberId) !== undefined,
    gate,
    change,
    adopt: (layout) => change((current) => withLayout(current, layout)),
    onChange: (callback) => {
      callbacks.push(callback);
    },
  };
}

/** Has a stay remember the ring that the node joined from: clients of that ring find their keys in this one. */
function withPast(before: NodeState, after: NodeState): NodeState {
  const { ringId } = before.stay.layout;
  const hasJoined =
    after.stay.layout.ringId !== ringId &&
    after.previous?.layout.ringId === ringId;
  if (!hasJoined) return after;
  return { ...after, stay: { ...after.stay, joinedFromRingId: ringId } };
}

/**
 * Somebody has joined this node's own ring, as it was decided before this node stored that it goes elsewhere: to go all the
 * same would leave the other alone in a ring without its only founder. The id that it asked under is given up.
 */
function withoutJoin(state: NodeState): NodeState {
  const { joining, ...rest } = state;
  if (!joining) return state;
  return { ...rest, refusedIds: [...state.refusedIds, joining.memberId] };
}

/** Absent when the layout is of another ring, or not newer. */
function withLayout(state: NodeState, layout: Layout): NodeState | undefined {
  const { stay } = state;
  if (layout.ringId !== stay.layout.ringId) return undefined;
  if (layout.epoch <= stay.layout.epoch) return undefined;
  const wasMember = memberOf(stay.layout, stay.memberId) !== undefined;
  const isMember = memberOf(layout, stay.memberId) !== undefined;
  const kept = isAmongOthers({ ...stay, layout }) ? withoutJoin(state) : state;
  return {
    ...kept,
    stay: { ...stay, layout },
    // The last layout that knew the node tells what it was primary for.
    ...(wasMember && !isMember && { departure: stay.layout }),
  };
}
