/** What a node offers to its HTTP shell, its runtime and the simulator. `createNode` in node.ts builds one. */
import type { Ballot } from "../core/ballot.ts";
import type { Result } from "../core/errors.ts";
import type { Member, Settings } from "../core/layout.ts";
import type { Greeting } from "../core/message.ts";
import type { Clock, Log, Random, Store, Transport } from "../ports.ts";
import type { KeyChanges } from "./change-api.ts";
import type { KeyHolders } from "./holders.ts";
import type { Metrics } from "./metrics.ts";
import type { RingWatches } from "./ring-view.ts";
import type { Tokens } from "./tokens.ts";
import type { Watch, WatchOptions } from "./watch.ts";

/** Of a read: `eventual` asks one replica, and may be stale. In an eventual ring every read is so. */
export type Consistency = "linearizable" | "eventual";

/** A value as a reader sees it. */
export interface ReadValue {
  readonly value: Uint8Array;
  /** As it was given with the PUT; absent when none was. */
  readonly contentType?: string;
  /** A JSON object as text; absent when the value came without. */
  readonly metadata?: string;
  readonly revision: Ballot;
  /** Milliseconds since 1970. */
  readonly createdAt: number;
  readonly modifiedAt: number;
  /** Absent when its time is never over. */
  readonly expiresAt?: number;
}

/** One step of a walk: a call to a member, and how it ended. */
export interface WalkStep {
  readonly member: string;
  readonly request: "read" | "prepare" | "accept" | "merge" | "execute";
  /** The reply's kind, or why there was none. */
  readonly outcome: string;
}

/** Where a key's operation went; filled when the caller asked for a trace. */
export interface Walk {
  readonly partition: number;
  /** Names of the members in the order of the walk, the replicas first. */
  readonly members: readonly string[];
  readonly replicaCount: number;
  readonly steps: WalkStep[];
}

/** How `get` reads, and who follows it. */
export interface ReadOptions {
  /** `linearizable` unless given, where the ring is. */
  readonly consistency?: Consistency;
  /** The trace that it belongs to (core/traceparent.ts); it goes on with every message, and into debug lines. */
  readonly traceparent?: string;
  /** Has the key's replicas tell this node of later changes, for a while: how `watch` knows when to read again. */
  readonly isWatching?: boolean;
  /** Called with the walk before the operation answers. */
  readonly onWalk?: (walk: Walk) => void;
}

/** Which keys a listing is of, and which page of it is wanted. */
export interface ListOptions {
  /** `node`: the keys that this node is primary for. `ring`: all. */
  readonly scope: "node" | "ring";
  /** Absent: all keys. */
  readonly prefix?: string;
  /** Where an earlier page ended. */
  readonly cursor?: string;
  /** The most keys of one page, 1 to `listingLimitMax`. */
  readonly limit: number;
}

/** One page of a listing. The order of its keys means nothing. */
export interface KeyPage {
  readonly keys: readonly string[];
  /** Pass to get the next page; absent at the end. A page may be empty and yet have one. */
  readonly cursor?: string;
}

/** A member as this node knows it: by the layout that it has stored, and by its own calls. */
export interface MemberStatus extends Member {
  readonly isSelf: boolean;
  /**
   * `suspected`: the last call to it failed. `displaced`: another node answers at its url, because the member lost its
   * data or went over to another ring. `store-failing`: in the last minute it abstained from a vote of this node's
   * because its store failed. `ok`: the last call did not fail, or none was made yet.
   */
  readonly health: "self" | "ok" | "suspected" | "displaced" | "store-failing";
  /** How many it is primary for; `partitions` counts those too, and while a change is under way both of its sides. */
  readonly partitionsAsPrimary: number;
  readonly partitions: number;
}

/** What GET /dht/status shows: this node's word, from memory, without a call to anybody. */
export interface NodeStatus {
  readonly name: string;
  readonly ringId: string;
  readonly epoch: number;
  readonly phase: "stable" | "joint";
  readonly settings: Settings;
  readonly members: readonly MemberStatus[];
  /** Names of the members that decide the next layout. */
  readonly systemMembers: readonly string[];
  /** Present while a membership change is under way. */
  readonly progress?: {
    readonly partitionsDone: number;
    readonly partitionsTotal: number;
    readonly keysCopied: number;
  };
  /** Present while the keys of the ring that this node came from are taken over. */
  readonly importing?: { readonly keysImported: number };
  /** Records of the ring that this node came from that failed their checksum; the log names each. Absent when none. */
  readonly recordsLost?: number;
  /**
   * Whether the node is on its way into or out of a ring. `removed`: its ring has removed it while it did not answer; it
   * serves nothing until it joins again, or leaves.
   */
  readonly activity: "none" | "joining" | "leaving" | "importing" | "removed";
  /**
   * Present while this node's store fails: from a failure until the same kind of access (reading, writing) has worked
   * a minute later. The node goes on, and abstains from what its store cannot do.
   */
  readonly storeFailure?: {
    /** `store_full`, `store_read_only`, `store_corrupt` or `store_failed`. */
    readonly code: string;
    /** For a person: what is wrong, and the next step. */
    readonly message: string;
    /** Of the same kind of access, since it last counted as working. */
    readonly failureCount: number;
    /** Milliseconds since 1970. */
    readonly lastFailedAt: number;
  };
  /** Records that failed their checksum, as far as they were met: they are rebuilt from the other replicas. */
  readonly unreadableRecords: number;
  /** Partitions from which this node abstains because their floor is unreadable, until it is replaced; absent when none. */
  readonly unreadableFloors?: readonly number[];
  /** False while a change is under way, or when one left partitions with their old replicas: a tick moves them later. */
  readonly isEven: boolean;
}

/** How the ring stands at the end of a membership change, or of the wait for it, as far as this node knows. */
export interface ChangeReport {
  readonly epoch: number;
  /** Names of the members of the new layout, this node first. */
  readonly members: readonly string[];
  /** False when `wait` was off, or when not every partition could be moved. */
  readonly isComplete: boolean;
  /**
   * Partitions that keep their old replicas for now, because members did not answer. The ring moves them by itself when
   * all of them do; absent when there are none.
   */
  readonly partitionsLeft?: number;
  /** After a forced recovery: the partitions that may have lost acknowledged writes. */
  readonly partitionsInDoubt?: readonly number[];
}

/** What all membership changes take. */
export interface MembershipOptions {
  /** Whether to wait until the stable layout is stored by every reachable member; `true` unless given. */
  readonly wait?: boolean;
}

/** Which ring to join, as whom, and what it has to be like. */
export interface JoinOptions extends MembershipOptions {
  /** Urls of nodes of the ring to join, tried in order. */
  readonly urls: readonly string[];
  /** Take over the member of this node's name, which lost its store. */
  readonly replace?: boolean;
  /** Settings that the operator gave explicitly: the ring must have the same. */
  readonly expected?: Partial<Omit<Settings, "hashSeed">>;
}

/** Whom the ring is to take in: a node that is alone. One in a ring with others is refused (`member_elsewhere`). */
export interface AddOptions extends MembershipOptions {
  /** Of the node that is to join. */
  readonly url: string;
}

/** Who has to go. A member that answers is asked to leave; the others let go of one that does not. */
export interface RemoveOptions extends MembershipOptions {
  readonly name: string;
  /** Found a new ring from the nodes that are left, because a majority of some replicas is gone for good. */
  readonly force?: boolean;
}

/** Which ring a node answers from, and how it came to it. */
export interface RingIdentity {
  readonly ringId: string;
  /** Rings that went on in this one, with all of their keys: it was joined from them, or founded in their place by force. */
  readonly succeededIds: readonly string[];
  /** The ring that this node left to found this one, with some of its keys; absent when it was no leave. */
  readonly leftRingId?: string;
}

/** Every method ends in bounded time, and never throws for an operating error. */
export interface RingNode extends KeyChanges, Pick<RingWatches, "watchRing"> {
  /**
   * Absent when there is no value. What is no key is refused (`invalid_key`); that clients stay out of the ring's own
   * keys is for the caller to see to (`clientKeyError` in core/key.ts), here and in changes.
   */
  get(
    key: string,
    options?: ReadOptions,
  ): Promise<Result<ReadValue | undefined>>;
  /**
   * Watches a key: its state now, and each later one that stays visible, none of them older than one before. Ends with
   * `close`, and by itself when the node goes to another ring or shuts down.
   */
  watch(key: string, options?: WatchOptions): Promise<Result<Watch>>;
  /** What each replica of a key holds, asked one by one: for people who want to see it, and no read. */
  holders(key: string): Promise<Result<KeyHolders>>;
  /** `invalid_cursor`; `no_quorum` when too few replicas of a partition can be reached. */
  keys(options: ListOptions): Promise<Result<KeyPage>>;
  /** Names of the ring's members, this node first. */
  peers(): readonly string[];
  status(): NodeStatus;
  settings(): Settings;
  /** Changes when the node joins, leaves, or follows a force. */
  identity(): RingIdentity;
  join(options: JoinOptions): Promise<Result<ChangeReport>>;
  /** Has another node, which is alone, join this ring. The keys that it brings along may follow later. */
  add(options: AddOptions): Promise<Result<ChangeReport>>;
  /** The node takes what it was primary for into a ring of its own. */
  leave(options?: MembershipOptions): Promise<Result<ChangeReport>>;
  remove(options: RemoveOptions): Promise<Result<ChangeReport>>;
  /** Changes the ring's replica count, or this node's weight. */
  reconfigure(
    change: {
      readonly replicaCount?: number;
      readonly weight?: number;
    } & MembershipOptions,
  ): Promise<Result<ChangeReport>>;
  /** Who may do what, beside those who know the ring secret. */
  readonly tokens: Tokens;
  /**
   * Answers one peer message (`POST /peer`); the caller was checked for the ring secret. An error refuses it as a whole
   * (`malformed_message`, `wrong_target`, `store_failed`): nothing was executed.
   */
  handlePeer(body: Uint8Array): Promise<Result<Uint8Array>>;
  /** Who this node is, for a joiner (`POST /peer/hello`); the caller was checked for the ring secret. */
  greeting(): Greeting;
  /** Whether requests should be sent here, and if not why: told without a call to anybody. */
  readiness(): Result<undefined>;
  /** What the node counts, and where its app counts too. */
  readonly metrics: Metrics;
  /** One bounded, resumable step of background work. */
  tick(): Promise<TickReport>;
  /** Called when background work has become due sooner than the last tick told. */
  onWake(callback: () => void): void;
  /** Takes no new operations, and waits for those under way. */
  drain(): Promise<void>;
}

/** How a node's background work stands after a tick. */
export interface TickReport {
  /** When the next tick is due (ms since 1970); absent when nothing is due ever. */
  readonly nextTickAt?: number;
  /** Nothing is under way, and nobody is waited for: an end of the process would undo nothing. */
  readonly isAtRest: boolean;
}

/** Time limits that tests and the simulator shorten; each default stands in core/limits.ts. */
export interface Timing {
  readonly peerCallTimeoutMs: number;
  readonly operationTimeoutMs: number;
  readonly hedgeDelayMs: number;
  readonly tombstoneMsMin: number;
  readonly changeStallMsMax: number;
  readonly watchRenewMs: number;
}

/** What `createNode` is given: who the node is, the world it runs in (ports.ts), and what differs from the defaults. */
export interface NodeOptions {
  readonly name: string;
  /** Where other members reach this node. */
  readonly url: string;
  readonly zone?: string;
  /** Relative to the others'. Absent: as the layout has it, 1 for a new member. */
  readonly weight?: number;
  /** What the ring is founded with, should this node have to found one; defaults for what is left out. */
  readonly founding?: Partial<Settings>;
  readonly store: Store;
  readonly transport: Transport;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly timing?: Partial<Timing>;
  /** How many watches it serves at once; `watchersMax` unless given. */
  readonly watchersMax?: number;
  /**
   * Present when the last process on this store ended at rest and took nothing on since: then no write was missed, every
   * member has the layout, and no key is due before `nextTickAt` (ms since 1970; absent: none ever). Absent: the node
   * looks at everything once.
   */
  readonly atRest?: { readonly nextTickAt?: number };
}
