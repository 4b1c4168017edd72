/** What `GET /dht/status` and the membership routes answer, as JSON. */
import type { Member, Settings } from "../core/layout.ts";

/** A member as the node sees it that answered; another node may find its health different. */
export interface MemberStatus extends Member {
  /** Whether it is the node that answered. */
  readonly isSelf: boolean;
  /**
   * `self`, `ok`, `suspected` (the last call to it failed), `displaced` (another node answers at its url), or
   * `store-failing` (in the last minute it gave the asked node no vote because its store failed).
   */
  readonly health: string;
  readonly partitionsAsPrimary: number;
  /** As primary or not; in a joint layout those of both sides. */
  readonly partitions: number;
}

/** The ring as one node sees it. */
export interface RingStatus {
  /** The node that answered. */
  readonly name: string;
  readonly ringId: string;
  /** The version of the layout. */
  readonly epoch: number;
  /** `joint` while a membership change is under way. */
  readonly phase: "stable" | "joint";
  /** Without the hash seed, which is for members alone. */
  readonly settings: Omit<Settings, "hashSeed">;
  readonly members: readonly MemberStatus[];
  /** Names of the members that decide layouts. */
  readonly systemMembers: readonly string[];
  /** Present while a membership change is under way. */
  readonly progress?: {
    readonly partitionsDone: number;
    readonly partitionsTotal: number;
    readonly keysCopied: number;
  };
  /** Present while the keys of the ring that the node came from are taken over. */
  readonly importing?: { readonly keysImported: number };
  /** `none`, `joining`, `leaving`, `importing`, or `removed`: the ring has removed the node, which serves nothing now. */
  readonly activity: string;
  /** Present while the node's store fails: what is wrong, and the next step. */
  readonly storeFailure?: {
    readonly code: string;
    readonly message: string;
    readonly failureCount: number;
    /** Milliseconds since 1970. */
    readonly lastFailedAt: number;
  };
  /** Records of the node's that failed their checksum, as far as they were met: they are rebuilt from the other replicas. */
  readonly unreadableRecords: number;
  /** Partitions that the node can no longer vote in, until it is replaced; absent when there are none. */
  readonly unreadableFloors?: readonly number[];
  /** Records of the node's former ring that failed their checksum, which nobody else had; absent when there are none. */
  readonly recordsLost?: number;
  /** `false` while a change is under way, or when one left partitions with their old replicas: they are moved later. */
  readonly isEven: boolean;
  /** The release of ringwalk that the node runs; absent of older ones, as the next. */
  readonly software?: string;
  /** The node's clock, in milliseconds since 1970. */
  readonly now?: number;
  /** Free bytes where the node keeps its data; absent where it does not know. */
  readonly diskFreeBytes?: number;
}

/** How a membership change ended. */
export interface ChangeReport {
  readonly epoch: number;
  /** Names of the members of the new layout, the node that answered first. */
  readonly members: readonly string[];
  /** `false`: it goes on in the background, or some partitions could not be moved. */
  readonly isComplete: boolean;
  /** Partitions that keep their old replicas until every member answers: the ring then moves them by itself. */
  readonly partitionsLeft?: number;
  /** After a recovery with loss: the partitions that may have lost acknowledged writes. */
  readonly partitionsInDoubt?: readonly number[];
}
