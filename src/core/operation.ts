/** What can be done to a key, and what is answered: the functions f of CASPaxos (arXiv 1802.07000, section 2.2) by their names. */
import type { Ballot } from "./ballot.ts";
import type { Entry } from "./entry.ts";

/** HTTP preconditions (RFC 9110, section 13.1); revisions in the text form of `formatBallot`. */
export interface Conditions {
  readonly ifMatch?: "*" | readonly string[];
  readonly ifNoneMatch?: "*" | readonly string[];
}

/**
 * What is asked of one key. By its `id` a repetition is told from another operation; a refresh and a proposal need
 * none, as it makes no difference how often they take place.
 */
export type Operation =
  | {
      readonly kind: "put";
      readonly id: string;
      readonly value: Uint8Array;
      readonly contentType?: string;
      /** A JSON object as text (see metadata.ts); absent means none, and clears an earlier one. */
      readonly metadata?: string;
      /** Time to live in milliseconds; absent means for ever, and clears an earlier one. */
      readonly ttlMs?: number;
      readonly conditions?: Conditions;
    }
  | {
      readonly kind: "delete";
      readonly id: string;
      readonly conditions?: Conditions;
    }
  /** Adds to the number that the value is; an absent key counts as 0. What else the entry has it keeps. */
  | {
      readonly kind: "increment";
      readonly id: string;
      readonly by: number;
      /** What the result must not fall below, or rise above; absent means no bound. */
      readonly min?: number;
      readonly max?: number;
      /** Time to live in milliseconds of a key that the operation creates; another one keeps its own. */
      readonly ttlMs?: number;
      readonly conditions?: Conditions;
    }
  /** Sets the time to live, and keeps the value and its revision. */
  | {
      readonly kind: "touch";
      readonly id: string;
      /** Time to live in milliseconds from now; absent means for ever. */
      readonly ttlMs?: number;
      readonly conditions?: Conditions;
    }
  /** Takes over a key of another ring, with its times, unless this ring has a newer one. */
  | {
      readonly kind: "import";
      readonly id: string;
      readonly entry: ImportedEntry;
    }
  /** Identity: copy and repair. With `expire`, an entry whose time is over becomes a tombstone. */
  | { readonly kind: "refresh"; readonly expire: boolean }
  /** Keeps what is there, else writes `value`: how a layout is decided. */
  | { readonly kind: "propose"; readonly value: Uint8Array };

/** What is taken over of a key of another ring; revision and memory would mean nothing in this one. */
export type ImportedEntry = Pick<
  Entry,
  | "value"
  | "contentType"
  | "metadata"
  | "createdAt"
  | "modifiedAt"
  | "expiresAt"
>;

/** What a client asked for, as opposed to what nodes do by themselves. */
export type ClientOperation = Extract<
  Operation,
  { readonly kind: "put" | "delete" | "increment" | "touch" }
>;

/** Whether a client waits for it. */
export function isClientOperation(
  operation: Operation,
): operation is ClientOperation {
  switch (operation.kind) {
    case "put":
    case "delete":
    case "increment":
    case "touch":
      return true;
    default:
      return false;
  }
}

/** What came of an operation: its caller is told, and so is the caller of each repetition. */
export type Answer =
  /** The value was written (or deleted). `created`: there was none before. */
  | {
      readonly kind: "applied";
      readonly revision: Ballot;
      readonly created: boolean;
      /** Of an increment: the number that the key has by it. */
      readonly number?: number;
      /** Of an increment: when the key's time is over (ms since 1970); absent when never, or when the value is another by now. */
      readonly expiresAt?: number;
    }
  /** The time to live was set. */
  | {
      readonly kind: "touched";
      /** That of the value, which it kept; absent in the answer to a repetition when the value is another by now. */
      readonly revision?: Ballot;
      /** When the key's time is over (ms since 1970); absent when never, or when the revision is. */
      readonly expiresAt?: number;
    }
  /** Nothing changed: an increment of a value that is no number. */
  | { readonly kind: "not-a-number" }
  /** Nothing changed: the increment's result would be outside its bounds, or no number that can be relied on. */
  | { readonly kind: "out-of-bounds"; readonly number: number }
  /** Nothing changed: a touch of an absent key. */
  | { readonly kind: "no-such-key" }
  /** A precondition does not hold; `revision` is the current one, absent when the key is, or in the answer to a repetition. */
  | { readonly kind: "condition-failed"; readonly revision?: Ballot }
  /** Nothing changed: a refresh, the delete of an absent key, an import that was not newer. */
  | { readonly kind: "unchanged" }
  /**
   * The operation was not executed, because the key may have forgotten it: ids of ballots above its `after` were
   * dropped. It may begin anew, with an `after` of at least `highest`, if no attempt of it can have been executed.
   */
  | { readonly kind: "outdated"; readonly highest: Ballot };

/** Whether nothing changed because of what the key was found to be. */
export function isRefusal({ kind }: Answer): boolean {
  return (
    kind === "condition-failed" ||
    kind === "not-a-number" ||
    kind === "out-of-bounds" ||
    kind === "no-such-key"
  );
}

/**
 * What an operation's effect depends on beside the operation: what the prepare quorum has promised, and the attempt.
 */
export interface ApplyContext {
  /** The entry with the highest accepted ballot of the prepare quorum; absent when none of it has one. */
  readonly current: Entry | undefined;
  /** The attempt's; the revision of what is written. */
  readonly ballot: Ballot;
  /** The coordinator's wall clock (ms since 1970). */
  readonly now: number;
  /** The highest floor of the prepare quorum, at least the start of the epoch. */
  readonly floor: Ballot;
  /** The newest modification time that the prepare quorum has collected in this partition; 0 when none. */
  readonly collectedAt: number;
  /** The highest ballot that the entry node knew when the operation began. */
  readonly after: Ballot;
  /** Whether an earlier attempt of this operation may have sent an accept. */
  readonly mayRepeat: boolean;
}

/** What the attempt is to have accepted, and what to answer once a quorum has done so. */
export type Decision =
  | { readonly kind: "accept"; readonly entry: Entry; readonly answer: Answer }
  /** It cannot be told any more whether an earlier attempt was applied: nothing may be written. */
  | { readonly kind: "forgotten" };
