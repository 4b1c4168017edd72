/** What a change does to an entry: the function f of CASPaxos (arXiv 1802.07000, section 2.2), for every kind of operation. */
import { type Ballot, compareBallots, formatBallot } from "./ballot.ts";
import { type Entry, isExpired, isPresent, nothingEntry } from "./entry.ts";
import { memoryFrom, recall, remember } from "./memory.ts";
import type { DecidedOperation } from "./memory-format.ts";

/** HTTP preconditions (RFC 9110, section 13.1); revisions in the text form of `formatBallot`. */
export interface Conditions {
  readonly ifMatch?: "*" | readonly string[];
  readonly ifNoneMatch?: "*" | readonly string[];
}

export type Operation =
  | {
      readonly kind: "put";
      readonly id: string;
      readonly value: Uint8Array;
      readonly contentType?: string;
      /** Time to live in milliseconds; absent means for ever, and clears an earlier one. */
      readonly ttlMs?: number;
      readonly conditions?: Conditions;
    }
  | {
      readonly kind: "delete";
      readonly id: string;
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

export type ImportedEntry = Pick<
  Entry,
  "value" | "contentType" | "createdAt" | "modifiedAt" | "expiresAt"
>;

export type Answer =
  /** The value was written (or deleted). `created`: there was none before. */
  | {
      readonly kind: "applied";
      readonly revision: Ballot;
      readonly created: boolean;
    }
  /** A precondition does not hold; `revision` is the current one, absent when the key is, or in the answer to a repetition. */
  | { readonly kind: "condition-failed"; readonly revision?: Ballot }
  /** Nothing changed: a refresh, the delete of an absent key, an import that was not newer. */
  | { readonly kind: "unchanged" }
  /**
   * The operation was not executed, because the key may have forgotten it: ids of ballots above its `after` were
   * dropped. It may begin anew, with an `after` of at least `highest`, if no attempt of it can have been executed.
   */
  | { readonly kind: "outdated"; readonly highest: Ballot };

export interface ApplyContext {
  /** The entry with the highest accepted ballot of the prepare quorum; absent when none of it has one. */
  readonly current: Entry | undefined;
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

export type Decision =
  | { readonly kind: "accept"; readonly entry: Entry; readonly answer: Answer }
  /** It cannot be told any more whether an earlier attempt was applied: nothing may be written. */
  | { readonly kind: "forgotten" };

/** Decides what to accept for `operation`, and what to answer once a majority has accepted it. */
export function applyOperation(
  operation: Operation,
  context: ApplyContext,
): Decision {
  const { current, floor, now } = context;
  const base = current ?? nothingEntry(floor, now);
  if (operation.kind === "refresh") {
    return operation.expire && isExpired(base, now)
      ? unchanged(expiredTombstone(base, context))
      : unchanged(base);
  }
  if (operation.kind === "propose") {
    return base.value !== null
      ? unchanged(base)
      : write(base, context, { value: operation.value });
  }

  const recalled = recall(base.memory, operation.id);
  // Decoders let no such memory in. Should there be one, it counts as one that has forgotten all: ids that it held are
  // of earlier ballots than this.
  if (!recalled)
    return outdated({ ...base, memory: memoryFrom(context.ballot) }, context);
  const { decided: earlier, idsFrom } = recalled;
  if (earlier)
    return { kind: "accept", entry: base, answer: answerOf(earlier) };
  // Not only for what is known to be a retry: this may be the late first message of an operation that another
  // coordinator has decided since.
  return compareBallots(idsFrom, context.after) > 0
    ? outdated(base, context)
    : decide(operation, base, context);
}

function outdated(entry: Entry, { ballot, mayRepeat }: ApplyContext): Decision {
  if (mayRepeat) return { kind: "forgotten" };
  return {
    kind: "accept",
    entry,
    answer: { kind: "outdated", highest: ballot },
  };
}

function decide(
  operation: Exclude<Operation, { kind: "refresh" | "propose" }>,
  base: Entry,
  context: ApplyContext,
): Decision {
  const { now } = context;
  const { id } = operation;
  if (operation.kind === "import")
    return isNewer(operation.entry, base, context)
      ? write(base, context, { ...operation.entry, id })
      : withoutEffect(base, context, { id, effect: "none" });
  if (!conditionsHold(operation.conditions, base, now))
    return withoutEffect(base, context, { id, effect: "condition-failed" });
  if (operation.kind === "delete")
    return isPresent(base, now)
      ? write(base, context, { value: null, id })
      : withoutEffect(base, context, { id, effect: "none" });
  const { value, contentType, ttlMs } = operation;
  return write(base, context, {
    value,
    id,
    contentType,
    expiresAt: ttlMs === undefined ? undefined : now + ttlMs,
  });
}

function answerOf({ effect, ballot }: DecidedOperation): Answer {
  switch (effect) {
    case "created":
    case "changed":
      return {
        kind: "applied",
        revision: ballot,
        created: effect === "created",
      };
    case "condition-failed":
      return { kind: "condition-failed" };
    case "none":
      return { kind: "unchanged" };
  }
}

function conditionsHold(
  conditions: Conditions | undefined,
  entry: Entry,
  now: number,
): boolean {
  if (!conditions) return true;
  const present = isPresent(entry, now);
  const matches = (wanted: "*" | readonly string[]) =>
    present &&
    (wanted === "*" || wanted.includes(formatBallot(entry.revision)));
  const { ifMatch, ifNoneMatch } = conditions;
  if (ifMatch !== undefined && !matches(ifMatch)) return false;
  if (ifNoneMatch !== undefined && matches(ifNoneMatch)) return false;
  return true;
}

/** An import is taken unless the ring has a newer one, and never if the partition may have collected a newer one. */
function isNewer(
  imported: ImportedEntry,
  base: Entry,
  { current, collectedAt }: ApplyContext,
): boolean {
  const neverHadValue = current === undefined || base.modifiedAt === 0;
  return imported.modifiedAt > (neverHadValue ? collectedAt : base.modifiedAt);
}

/**
 * The operation changes nothing, and its id is remembered all the same: another message of it may arrive later, when
 * it would have an effect that its caller was not told of.
 */
function withoutEffect(
  base: Entry,
  context: ApplyContext,
  { id, effect }: { id: string; effect: "none" | "condition-failed" },
): Decision {
  const { ballot, now } = context;
  const kept = isExpired(base, now) ? expiredTombstone(base, context) : base;
  const memory = remember(kept.memory, { id, ballot, at: now, effect });
  const entry = { ...kept, memory };
  if (effect === "none")
    return { kind: "accept", entry, answer: { kind: "unchanged" } };
  const answer: Answer =
    kept.value === null
      ? { kind: "condition-failed" }
      : { kind: "condition-failed", revision: kept.revision };
  return { kind: "accept", entry, answer };
}

function unchanged(entry: Entry): Decision {
  return { kind: "accept", entry, answer: { kind: "unchanged" } };
}

/** What an expired entry becomes: a change of value like a delete, but nobody's operation. */
function expiredTombstone(entry: Entry, context: ApplyContext): Entry {
  const at = Math.max(context.now, entry.modifiedAt);
  return {
    value: null,
    revision: context.ballot,
    createdAt: at,
    modifiedAt: at,
    memory: entry.memory,
  };
}

interface Written {
  readonly value: Uint8Array | null;
  readonly id?: string;
  readonly contentType?: string | undefined;
  readonly createdAt?: number;
  readonly modifiedAt?: number;
  readonly expiresAt?: number | undefined;
}

function write(base: Entry, context: ApplyContext, written: Written): Decision {
  const { ballot, now } = context;
  const wasPresent = isPresent(base, now);
  const created = !wasPresent;
  // Above what was collected too, so that an import cannot be newer than it and yet older than what it replaced.
  const modifiedAt =
    written.modifiedAt ?? Math.max(now, base.modifiedAt || context.collectedAt);
  const memory =
    written.id === undefined
      ? base.memory
      : remember(base.memory, {
          id: written.id,
          ballot,
          at: now,
          effect: created ? "created" : "changed",
        });
  const entry: Entry = {
    value: written.value,
    ...(written.contentType !== undefined && {
      contentType: written.contentType,
    }),
    revision: ballot,
    createdAt:
      written.createdAt ??
      (wasPresent && written.value !== null ? base.createdAt : modifiedAt),
    modifiedAt,
    ...(written.expiresAt !== undefined && { expiresAt: written.expiresAt }),
    memory,
  };
  const answer: Answer = {
    kind: "applied",
    revision: ballot,
    created,
  };
  return { kind: "accept", entry, answer };
}
