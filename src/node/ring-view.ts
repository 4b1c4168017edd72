/** The ring as it is shown to who watches it: the node's own view, and how each member fares by its own word. */
import type { Result } from "../core/errors.ts";
import type { NodeStatus } from "./api.ts";

/** How a member fares; absent where it does not say: it does not answer, or is of an older release. */
export interface MemberVitals {
  /** Records of keys in its store, tombstones included. */
  readonly records: number;
  readonly bytes: number;
  /** Of how many of its partitions these are known: each is scanned once after a start. */
  readonly partitionsCounted: number;
  /** What clients asked it for, in the last seconds; absent until there were two looks at it. */
  readonly operationsPerSecond?: number;
  /** How long these took on average; absent when there were none. */
  readonly latencyMs?: number;
  /** The code of why it should not be asked; absent: it may be. */
  readonly problem?: string;
}

/** `progress` is that of the member that drives the change. */
export interface RingView extends NodeStatus {
  /** By member name. */
  readonly vitals: Readonly<Record<string, MemberVitals>>;
  /** Names of the members that a change under way takes in, and lets go. */
  readonly joining: readonly string[];
  readonly leaving: readonly string[];
}

/** Who keeps what: for each partition the indices of its replicas in `members`, the primary first. */
export interface RingTable {
  readonly epoch: number;
  readonly members: readonly string[];
  readonly partitions: readonly (readonly number[])[];
  /** Where a change under way goes; absent when there is none. */
  readonly next?: readonly (readonly number[])[];
}

/** What a watch of the ring shows, one at a time. */
export type RingEvent =
  /** `table` comes with the first view, and with each of another epoch. */
  | {
      readonly kind: "view";
      readonly view: RingView;
      readonly table?: RingTable;
      /** The calls that it took. */
      readonly callCount: number;
    }
  /** The members were asked again, and all is as it was. */
  | { readonly kind: "same"; readonly callCount: number }
  /** There will be no more: the node shuts down, or met a defect. Watch at another node. */
  | { readonly kind: "ended" };

/** A watch of the ring. */
export interface RingWatch {
  /** The ring at once, and then after each round of asking or change of this node's. One call at a time. */
  next(): Promise<RingEvent>;
  /** Lets go of everything; a call that waits gets `ended`. */
  close(): void;
}

/** The watches of the ring that this node serves; what one sees costs calls to all members. */
export interface RingWatches {
  /** Nobody is asked anything unless somebody watches; `overloaded` when too many do, `shutting_down` after `drain`. */
  watchRing(): Result<RingWatch>;
  /** Ends all of them, and begins no more. */
  drain(): void;
}
