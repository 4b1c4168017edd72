/** The entries that operations leave: with a value, without one, or as they were, each with the operation's id in its memory. */
import { type Entry, isExpired, isPresent } from "./entry.ts";
import { remember } from "./memory.ts";
import type { DecidedOperation, Effect } from "./memory-format.ts";
import type { Answer, ApplyContext, Decision } from "./operation.ts";

interface Written {
  readonly value: Uint8Array | null;
  readonly id?: string;
  readonly contentType?: string | undefined;
  readonly metadata?: string | undefined;
  readonly createdAt?: number;
  readonly modifiedAt?: number;
  readonly expiresAt?: number | undefined;
  /** What an increment answers. */
  readonly number?: number;
}

/** Another value, or none. */
export function write(
  base: Entry,
  context: ApplyContext,
  written: Written,
): Decision {
  const { ballot, now } = context;
  const { value, id, contentType, metadata, expiresAt, number } = written;
  const wasPresent = isPresent(base, now);
  const created = !wasPresent;
  // Above what was collected too, so that an import cannot be newer than it and yet older than what it replaced.
  const modifiedAt =
    written.modifiedAt ?? Math.max(now, base.modifiedAt || context.collectedAt);
  const effect = created ? "created" : "changed";
  const entry: Entry = {
    value,
    ...(contentType !== undefined && { contentType }),
    ...(metadata !== undefined && { metadata }),
    revision: ballot,
    createdAt:
      written.createdAt ??
      (wasPresent && value !== null ? base.createdAt : modifiedAt),
    modifiedAt,
    ...(expiresAt !== undefined && { expiresAt }),
    memory:
      id === undefined
        ? base.memory
        : remembered(base, context, { id, effect, number }),
  };
  const answer: Answer = {
    kind: "applied",
    revision: ballot,
    created,
    ...(number !== undefined && { number, ...timeOf(entry) }),
  };
  return { kind: "accept", entry, answer };
}

/**
 * The value as it is, with another end. That counts as a change of the key wherever the newer of two is kept: between
 * rings the end goes with it.
 */
export function touch(
  base: Entry,
  context: ApplyContext,
  {
    id,
    expiresAt,
  }: { readonly id: string; readonly expiresAt: number | undefined },
): Decision {
  const { ballot, now } = context;
  const { expiresAt: _, ...kept } = base;
  const entry: Entry = {
    ...kept,
    modifiedAt: Math.max(now, base.modifiedAt),
    ...(expiresAt !== undefined && { expiresAt }),
    touched: ballot,
    memory: remembered(base, context, { id, effect: "touched" }),
  };
  const answer: Answer = {
    kind: "touched",
    revision: base.revision,
    ...timeOf(entry),
  };
  return { kind: "accept", entry, answer };
}

type WithoutEffect = Exclude<Effect, "created" | "changed" | "touched">;

/**
 * The operation changes nothing, and its id is remembered all the same: another message of it may arrive later, when
 * it would have an effect that its caller was not told of.
 */
export function withoutEffect(
  base: Entry,
  context: ApplyContext,
  decided: {
    readonly id: string;
    readonly effect: WithoutEffect;
    readonly number?: number;
  },
): Decision {
  const { effect, number = 0 } = decided;
  const kept = isExpired(base, context.now)
    ? expiredTombstone(base, context)
    : base;
  const entry = { ...kept, memory: remembered(kept, context, decided) };
  const accept = (answer: Answer): Decision => ({
    kind: "accept",
    entry,
    answer,
  });
  switch (effect) {
    case "none":
      return accept({ kind: "unchanged" });
    case "condition-failed": {
      const { value, revision } = kept;
      return accept({ kind: effect, ...(value !== null && { revision }) });
    }
    case "out-of-bounds":
      return accept({ kind: effect, number });
    default:
      return accept({ kind: effect });
  }
}

/**
 * The entry as it is, accepted at the new ballot, with no id remembered: for refreshes, and proposals that came too
 * late.
 */
export function unchanged(entry: Entry): Decision {
  return { kind: "accept", entry, answer: { kind: "unchanged" } };
}

/** What an expired entry becomes: a change of value like a delete, but nobody's operation. */
export function expiredTombstone(entry: Entry, context: ApplyContext): Entry {
  const at = Math.max(context.now, entry.modifiedAt);
  return {
    value: null,
    revision: context.ballot,
    createdAt: at,
    modifiedAt: at,
    memory: entry.memory,
  };
}

/** What answers tell of an entry's time. */
export function timeOf({ expiresAt }: Entry): { readonly expiresAt?: number } {
  return expiresAt === undefined ? {} : { expiresAt };
}

function remembered(
  { memory }: Entry,
  { ballot, now }: ApplyContext,
  {
    id,
    effect,
    number,
  }: Pick<DecidedOperation, "id" | "effect"> & {
    readonly number?: number | undefined;
  },
): Uint8Array {
  return remember(memory, {
    id,
    ballot,
    at: now,
    effect,
    ...(number !== undefined && { number }),
  });
}
