/** A key's entry: its value or tombstone, and what is remembered to tell a repeated operation from a new one. */
import { type Ballot, ballotZero, maxBallot } from "./ballot.ts";
import { idempotencyWindowMs, operationIdsMax } from "./limits.ts";

/** `created`: a value where there was none. `changed`: another value, or none. `none`: nothing to do. */
export type Effect = "created" | "changed" | "none" | "condition-failed";

/** An operation that was decided on this key, with or without an effect: a repetition that finds its id here changes nothing. */
export interface DecidedOperation {
  readonly id: string;
  /** The ballot at which it was decided: the revision that its answer told. */
  readonly ballot: Ballot;
  /** When, by its coordinator's clock (ms since 1970). */
  readonly at: number;
  /** What came of it: a repetition is answered as the first time. */
  readonly effect: Effect;
}

export interface Entry {
  /** `null` is a tombstone: the key is deleted, or was never there when a change that writes nothing was accepted. */
  readonly value: Uint8Array | null;
  readonly contentType?: string;
  /** The ballot at which the value last changed; identity changes (copy, repair) keep it. It is the ETag. */
  readonly revision: Ballot;
  /** When the key, or its tombstone, came into being (ms since 1970). */
  readonly createdAt: number;
  /** When the value last changed, never running backwards for a key; 0 in the tombstone of a key that never had a value. */
  readonly modifiedAt: number;
  /** From here on the key counts as absent (ms since 1970); absent means never. */
  readonly expiresAt?: number;
  /** Oldest first. */
  readonly operations: readonly DecidedOperation[];
  /** Every id that was dropped from `operations`, or may have been before the entry existed, has a ballot of at most this. */
  readonly idsFrom: Ballot;
}

/** Whether a reader sees a value: neither a tombstone nor expired at `now`. */
export function isPresent(entry: Entry | undefined, now: number): boolean {
  return entry !== undefined && entry.value !== null && !isExpired(entry, now);
}

/** Whether the entry holds a value whose time is over at `now`. */
export function isExpired(entry: Entry, now: number): boolean {
  return (
    entry.value !== null &&
    entry.expiresAt !== undefined &&
    entry.expiresAt <= now
  );
}

/** The accepted "nothing": what an identity change of an absent key stores. `floor` bounds the ids it cannot know of. */
export function nothingEntry(floor: Ballot, now: number): Entry {
  return {
    value: null,
    revision: ballotZero,
    createdAt: now,
    modifiedAt: 0,
    operations: [],
    idsFrom: floor,
  };
}

/** The ids of `entry` and one more. Old ones are dropped by number and by age; `idsFrom` rises with each that goes. */
export function rememberOperation(
  entry: Pick<Entry, "operations" | "idsFrom">,
  decided: DecidedOperation,
): Pick<Entry, "operations" | "idsFrom"> {
  const all = [...entry.operations, decided];
  let dropCount = 0;
  let idsFrom = entry.idsFrom;
  for (const old of all.slice(0, -1)) {
    const tooMany = all.length - dropCount > operationIdsMax;
    if (!tooMany && old.at > decided.at - idempotencyWindowMs) break;
    idsFrom = maxBallot(idsFrom, old.ballot);
    dropCount++;
  }
  return { operations: all.slice(dropCount), idsFrom };
}
