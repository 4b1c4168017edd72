/** What a change does to an entry: the function f of CASPaxos (arXiv 1802.07000, section 2.2), for every kind of operation. */
import { compareBallots, formatBallot, sameBallot } from "./ballot.ts";
import { type Entry, isExpired, isPresent, nothingEntry } from "./entry.ts";
import { memoryFrom, recall } from "./memory.ts";
import type { DecidedOperation } from "./memory-format.ts";
import { addNumbers, numberIn, numberText } from "./number.ts";
import type {
  Answer,
  ApplyContext,
  Conditions,
  Decision,
  ImportedEntry,
  Operation,
} from "./operation.ts";
import {
  expiredTombstone,
  timeOf,
  touch,
  unchanged,
  withoutEffect,
  write,
} from "./written-entry.ts";

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
    return {
      kind: "accept",
      entry: base,
      answer: answerOf(earlier, base, now),
    };
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
  switch (operation.kind) {
    case "increment":
      return increment(operation, base, context);
    case "touch":
      return isPresent(base, now)
        ? touch(base, context, { id, expiresAt: endOf(operation, now) })
        : withoutEffect(base, context, { id, effect: "no-such-key" });
    case "delete":
      return isPresent(base, now)
        ? write(base, context, { value: null, id })
        : withoutEffect(base, context, { id, effect: "none" });
    case "put": {
      const { value, contentType, metadata } = operation;
      const expiresAt = endOf(operation, now);
      return write(base, context, {
        value,
        id,
        contentType,
        metadata,
        expiresAt,
      });
    }
  }
}

/** When the time to live is over (ms since 1970); absent when never. */
function endOf(
  { ttlMs }: { readonly ttlMs?: number },
  now: number,
): number | undefined {
  return ttlMs === undefined ? undefined : now + ttlMs;
}

/** A number under a key that is there keeps its end, so that a counter of a time window is one operation. */
function increment(
  operation: Extract<Operation, { kind: "increment" }>,
  base: Entry,
  context: ApplyContext,
): Decision {
  const { id, by } = operation;
  const { now } = context;
  const present = base.value !== null && isPresent(base, now);
  const number = present ? numberIn(base.value) : 0;
  if (number === undefined)
    return withoutEffect(base, context, { id, effect: "not-a-number" });
  const sum = addNumbers(number, by, operation);
  if (sum === undefined)
    return withoutEffect(base, context, {
      id,
      effect: "out-of-bounds",
      number,
    });
  return write(base, context, {
    value: numberText(sum),
    id,
    contentType: "application/json",
    metadata: present ? base.metadata : undefined,
    expiresAt: present ? base.expiresAt : endOf(operation, now),
    number: sum,
  });
}

/** The first answer again. What it told of the entry is told as far as the entry still says it. */
function answerOf(
  { effect, ballot, number }: DecidedOperation,
  entry: Entry,
  now: number,
): Answer {
  switch (effect) {
    case "created":
    case "changed":
      return {
        kind: "applied",
        revision: ballot,
        created: effect === "created",
        ...(number !== undefined && {
          number,
          ...(sameBallot(entry.revision, ballot) && timeOf(entry)),
        }),
      };
    case "touched":
      // Whatever was written since has a revision above the touch's ballot.
      return isPresent(entry, now) && compareBallots(entry.revision, ballot) < 0
        ? { kind: "touched", revision: entry.revision, ...timeOf(entry) }
        : { kind: "touched" };
    case "none":
      return { kind: "unchanged" };
    case "out-of-bounds":
      return { kind: "out-of-bounds", number: number ?? 0 };
    default:
      return { kind: effect };
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
