/** What a change does to an entry: the function f of CASPaxos (arXiv 1802.07000, section 2.2), for every kind of operation. */
import { type Ballot, compareBallots, formatBallot } from "./ballot.ts";
import {
  type Entry,
  isExpired,
  isPresent,
  nothingEntry,
  rememberOperation,
} from "./entry.ts";

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
  /** The value was written (or deleted). `created`: there was none before. `repeated`: it had taken place already. */
  | {
      readonly kind: "applied";
      readonly revision: Ballot;
      readonly created: boolean;
      readonly repeated: boolean;
    }
  /** A precondition does not hold; `revision` is the current one, absent when the key is. */
  | { readonly kind: "condition-failed"; readonly revision?: Ballot }
  /** Nothing changed: a refresh, the delete of an absent key, an import that was not newer. */
  | { readonly kind: "unchanged" };

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
  /** It cannot be told whether an earlier attempt was applied: nothing may be written. */
  | { readonly kind: "unknown" };

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

  const earlier = base.operations.find(({ id }) => id === operation.id);
  if (earlier) {
    const answer: Answer = {
      kind: "applied",
      revision: earlier.ballot,
      created: earlier.created,
      repeated: true,
    };
    return { kind: "accept", entry: base, answer };
  }
  if (context.mayRepeat && compareBallots(base.idsFrom, context.after) > 0)
    return { kind: "unknown" };

  if (operation.kind === "import") return applyImport(operation, base, context);
  if (!conditionsHold(operation.conditions, base, now)) {
    const answer: Answer = isPresent(base, now)
      ? { kind: "condition-failed", revision: base.revision }
      : { kind: "condition-failed" };
    return {
      kind: "accept",
      entry: isExpired(base, now) ? expiredTombstone(base, context) : base,
      answer,
    };
  }
  if (operation.kind === "delete") {
    if (base.value === null) return unchanged(base);
    if (isExpired(base, now)) return unchanged(expiredTombstone(base, context));
    return write(base, context, { value: null, id: operation.id });
  }
  return write(base, context, {
    value: operation.value,
    id: operation.id,
    ...(operation.contentType !== undefined && {
      contentType: operation.contentType,
    }),
    ...(operation.ttlMs !== undefined && { expiresAt: now + operation.ttlMs }),
  });
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

/** Kept unless the ring has a newer one, and never if the partition may have collected a newer one. */
function applyImport(
  operation: Operation & { kind: "import" },
  base: Entry,
  context: ApplyContext,
): Decision {
  const { entry } = operation;
  const newest =
    context.current === undefined || base.modifiedAt === 0
      ? context.collectedAt
      : base.modifiedAt;
  if (entry.modifiedAt <= newest) return unchanged(base);
  return write(base, context, { ...entry, id: operation.id });
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
    operations: entry.operations,
    idsFrom: entry.idsFrom,
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
  const modifiedAt = written.modifiedAt ?? Math.max(now, base.modifiedAt);
  const memory =
    written.id === undefined
      ? base
      : rememberOperation(base, { id: written.id, ballot, at: now, created });
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
    operations: memory.operations,
    idsFrom: memory.idsFrom,
  };
  const answer: Answer = {
    kind: "applied",
    revision: ballot,
    created,
    repeated: false,
  };
  return { kind: "accept", entry, answer };
}
