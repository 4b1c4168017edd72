/** What nodes say to one another: requests and replies of the peer protocol (docs/PROTOCOL.md), as data. */
import type { Ballot } from "./ballot.ts";
import type { Entry } from "./entry.ts";
import type { RingError } from "./errors.ts";
import type { Merged } from "./eventual.ts";
import type { Layout, Member } from "./layout.ts";
import type { LayoutChange } from "./layout-change.ts";
import type { Answer, Operation } from "./operation.ts";

/** The version of the peer protocol (docs/PROTOCOL.md) that this code speaks. */
export const protocolVersion = 1;
/** The oldest version that it still understands; a member tells both. */
export const protocolVersionLowest = 1;

/** User keys live in partitions; `system` holds the registers that decide layouts. */
type Area = "key" | "system";

/** Which register a request is about: one text names another register in each area. */
export interface Address {
  readonly area: Area;
  readonly key: string;
}

/** Requests of one operation carry its trace, if it has one: a batch has those of many. */
interface Traced {
  /** core/traceparent.ts; its parent is the sender's span. */
  readonly traceparent?: string;
}

/** One request of a batch, which may hold those of many operations. */
export type PeerRequest =
  | ({ readonly kind: "prepare"; readonly ballot: Ballot } & Address & Traced)
  | ({
      readonly kind: "accept";
      readonly ballot: Ballot;
      readonly entry: Entry;
      readonly next?: Ballot;
      /** The coordinator will not see to it that every replica takes this in the end: those that take it have to. */
      readonly outside?: boolean;
    } & Address &
      Traced)
  | ({
      readonly kind: "read";
      readonly withEntry: boolean;
      /** The member that asks, if it wants to hear of later changes of the key (`changed`) for `watchLeaseMs`. */
      readonly watcher?: string;
    } & Address &
      Traced)
  /** In an eventual ring: keep this state of the key, unless one with a higher ballot is held. */
  | ({
      readonly kind: "merge";
      readonly key: string;
      readonly ballot: Ballot;
      readonly entry: Entry;
      /** As in an accept. */
      readonly outside?: boolean;
    } & Traced)
  /** Coordinate this operation: the one forward that an operation may take. */
  | ({
      readonly kind: "execute";
      /** Unique to this forward, so that a repeated message is not a second execution. */
      readonly attempt: string;
      readonly key: string;
      readonly operation: Operation;
    } & Provenance &
      Traced)
  /** A page of the accepted keys of a partition, tombstones included, in stored-name order. */
  | {
      readonly kind: "list";
      readonly partition: number;
      readonly after?: string;
      readonly limit: number;
    }
  | { readonly kind: "digest"; readonly partitions: readonly number[] }
  /** Remove the tombstone that is accepted at exactly this ballot. */
  | {
      readonly kind: "collect";
      readonly key: string;
      readonly accepted: Ballot;
    }
  /** Remember, as a new replica, how new a tombstone the partition's old replicas have collected. */
  | {
      readonly kind: "inherit";
      readonly partition: number;
      readonly collectedAt: number;
    }
  /** Keys that the receiver watches, and that the sender has taken a change of: a hint that a read is worth its cost. */
  | { readonly kind: "changed"; readonly keys: readonly string[] }
  /** Nothing but the envelope: whether the peer lives, and at which epoch it is. */
  | {
      readonly kind: "ping";
      /** Somebody watches the ring: the answer tells how the member fares. */
      readonly withVitals?: boolean;
    }
  /** Decide this membership change. */
  | { readonly kind: "propose"; readonly change: LayoutChange }
  /** Leave the ring: how an operator's `remove` of a live member is done. */
  | { readonly kind: "leave" }
  /** Join the ring of these nodes: how an operator's `add` is done. For a node that is alone. */
  | { readonly kind: "invite"; readonly urls: readonly string[] }
  /** Follow an operator's force into a new ring, for good. */
  | { readonly kind: "switch"; readonly layout: Layout };

/** What a coordinator must know of an operation's past. */
export interface Provenance {
  readonly after: Ballot;
  readonly mayRepeat: boolean;
  /** How long the caller still waits, in milliseconds. */
  readonly timeoutMs: number;
}

/** What a page tells of a key: enough for copy, repair and listings, without its value. */
export interface ListedKey {
  /** The stored name, by which pages are ordered. */
  readonly name: string;
  readonly key: string;
  readonly accepted: Ballot;
  readonly isTombstone: boolean;
  /** When the key or its tombstone last changed (ms since 1970). */
  readonly changedAt: number;
  readonly expiresAt?: number;
}

/** A member's reply to one request of a batch; `error` may be the reply to any. */
export type PeerReply =
  | {
      readonly kind: "promised";
      readonly accepted: Ballot;
      readonly entry?: Entry;
      readonly floor: Ballot;
      readonly collectedAt: number;
    }
  | { readonly kind: "accepted"; readonly sticky: boolean }
  | { readonly kind: "refused"; readonly promised: Ballot }
  | {
      readonly kind: "state";
      readonly accepted: Ballot;
      readonly entry?: Entry;
      /** In an eventual ring, of an absent key: the newest modification time that was collected in its partition. */
      readonly collectedAt?: number;
      /** In an eventual ring, where no entry is asked for: for how long (whole ms) this replica has held the state. */
      readonly heldMs?: number;
    }
  | Merged
  | { readonly kind: "executed"; readonly outcome: ExecuteOutcome }
  | {
      readonly kind: "page";
      readonly keys: readonly ListedKey[];
      /** The newest modification time that this replica has collected in the partition (ms since 1970); 0 when none. */
      readonly collectedAt: number;
      /** Pass as `after` to go on; absent at the partition's end. */
      readonly next?: string;
    }
  | { readonly kind: "digests"; readonly digests: readonly string[] }
  | { readonly kind: "collected"; readonly removed: boolean }
  | { readonly kind: "inherited" }
  | {
      readonly kind: "pong";
      readonly progress?: Progress;
      readonly vitals?: Vitals;
    }
  /** The change is decided (or was already): its joint layout is of this epoch. */
  | { readonly kind: "proposed"; readonly epoch: number }
  /** The member has begun to leave, or has switched. */
  | { readonly kind: "done" }
  /**
   * No vote for this register: it is unreadable here, or this member is not its replica at this epoch. `later`: the
   * answer is full; nothing was done for this request, and it may be sent again.
   */
  | {
      readonly kind: "abstained";
      readonly reason: "unreadable" | "not-replica" | "store-failed" | "later";
    }
  | { readonly kind: "error"; readonly error: RingError };

/** How far the driver of a membership change is. */
export interface Progress {
  readonly epoch: number;
  readonly partitionsDone: number;
  readonly partitionsTotal: number;
  readonly keysCopied: number;
}

/** How a member fares, by its own word: totals since its process began. */
export interface Vitals {
  /** Records of keys in its store, tombstones included. */
  readonly records: number;
  readonly bytes: number;
  /** Of how many of its partitions these are known. */
  readonly partitionsCounted: number;
  /** What clients asked it for. */
  readonly operations: number;
  /** How long all of these took together, in milliseconds. */
  readonly operationMs: number;
  /** The code of why it should not be asked; absent: it may be. */
  readonly problem?: string;
}

/** How an operation ended at its coordinator. */
export type ExecuteOutcome =
  | { readonly kind: "committed"; readonly answer: Answer }
  /** Nothing was executed: the receiver is not a replica of the key, or it is shutting down. */
  | { readonly kind: "not-replica" }
  /** Certainly nothing was applied, and nothing will be. */
  | { readonly kind: "no-quorum" }
  /** It may have been applied, or may yet be: another attempt finds out. */
  | { readonly kind: "unknown" }
  /** It may have been applied, and the key has forgotten it: no attempt can find out. */
  | { readonly kind: "forgotten" };

/** A batch of requests to one member, all of one epoch. */
export interface PeerBatch {
  readonly ringId: string;
  readonly epoch: number;
  /** The id of the member it is meant for: nobody else may answer. */
  readonly to: string;
  /** The process of that member that may execute operations: another one cannot tell a repeated message from a new one. */
  readonly process?: string;
  readonly requests: readonly PeerRequest[];
  /** The sender's layout of `epoch`, attached when the receiver said that it is behind. */
  readonly layout?: Layout;
}

/** How a batch is answered. One that cannot be taken has no answer: it is refused with an error (docs/PROTOCOL.md). */
export type PeerAnswer =
  /** One reply for each request, in order. */
  | { readonly kind: "replies"; readonly replies: readonly PeerReply[] }
  /** The batch is of an older epoch; nothing was executed. */
  | { readonly kind: "stale"; readonly layout: Layout }
  /** The batch is of a newer epoch; nothing was executed. Send it again with the layout. */
  | { readonly kind: "behind"; readonly epoch: number }
  /** Operations are executed by this process alone; nothing was executed. Send the batch again with its name. */
  | { readonly kind: "other-process"; readonly process: string };

/** What a node tells anyone who knows the ring secret: how a joiner learns whom to ask. */
export interface Greeting {
  readonly versions: readonly [lowest: number, highest: number];
  readonly layout: Layout;
  readonly self: Member;
}
