/** What can be asked of a node to change one key, and what it answers. */
import type { Ballot } from "../core/ballot.ts";
import type { Result } from "../core/errors.ts";
import type { Conditions } from "../core/operation.ts";
import type { Walk } from "./api.ts";

/** What a caller knew of a ring before it first sent an operation (docs/decisions/0026). */
export interface Bound {
  readonly ringId: string;
  /** Every ballot of the operation has to be above it. */
  readonly ballot: Ballot;
}

/** What every change may be given. With nothing given it has no condition, and a repetition of it is another change. */
export interface ChangeOptions {
  readonly conditions?: Conditions;
  /** The caller's `Idempotency-Key`: a repetition is recognised while the key's entry remembers it. */
  readonly idempotencyKey?: string;
  /**
   * Beside an idempotency key: the same with each attempt of the operation. One that says nothing any more about the key,
   * or is of another ring, is refused as `bound_outdated`: nothing was done, nor will be under this bound.
   */
  readonly bound?: Bound;
  /**
   * An attempt was made before. It is answered as that was; done if the bound proves that it was not; else
   * `outcome_unknown`.
   */
  readonly isRepetition?: boolean;
  readonly onWalk?: (walk: Walk) => void;
  /** The trace that it belongs to (core/traceparent.ts); it goes on with every message, and into debug lines. */
  readonly traceparent?: string;
}

/** What is stored beside the value: a put replaces all of it, so that what is absent here is gone afterwards. */
export interface PutOptions extends ChangeOptions {
  readonly contentType?: string;
  /** A JSON object as text (`metadataError` in core/metadata.ts); absent means none. */
  readonly metadata?: string;
  /** Time to live in milliseconds; absent means for ever. */
  readonly ttlMs?: number;
}

/** The key has this value now, or had when the operation that is repeated was decided. */
export interface Written {
  readonly revision: Ballot;
  /** False when there was a value before. */
  readonly created: boolean;
}

/** What is added, and what the result has to keep to: else `out_of_bounds`, and nothing changes. */
export interface IncrementOptions extends ChangeOptions {
  /** Any finite number. */
  readonly by: number;
  /** What the result must not fall below, or rise above; absent means no bound. */
  readonly min?: number;
  readonly max?: number;
  /** Time to live in milliseconds if the key is created; one that is there keeps its own. */
  readonly ttlMs?: number;
}

/** A number was stored, under this revision. */
export interface Counted extends Written {
  /** What the key's value is by this operation. */
  readonly number: number;
  /** When the key's time is over (ms since 1970); absent when never, or when a repetition finds another value there. */
  readonly expiresAt?: number;
}

/** What a touch sets: the time to live, and nothing else. */
export interface TouchOptions extends ChangeOptions {
  /** Time to live in milliseconds from now; absent means for ever. */
  readonly ttlMs?: number;
}

/** The time to live is set, by this attempt or by an earlier one. */
export interface Touched {
  /** The value's, which it kept; absent when a repetition finds another value there, or none. */
  readonly revision?: Ballot;
  /** When the key's time is over (ms since 1970); absent when never, or when the revision is. */
  readonly expiresAt?: number;
}

/** What is no key is refused as `invalid_key` (`keyError` in core/key.ts). */
export interface KeyChanges {
  put(
    key: string,
    value: Uint8Array,
    options?: PutOptions,
  ): Promise<Result<Written>>;
  /** `existed`: there was a value. Deleting an absent key is no error. */
  delete(
    key: string,
    options?: ChangeOptions,
  ): Promise<Result<{ readonly existed: boolean }>>;
  /**
   * Adds to the number that the key's value is, an absent key counting as 0; all else stays as it is. `not_a_number` and
   * `out_of_bounds` say that nothing changed.
   */
  increment(key: string, options: IncrementOptions): Promise<Result<Counted>>;
  /** Sets the time to live of what is there, which keeps its revision; `no_such_key` when nothing is. */
  touch(key: string, options?: TouchOptions): Promise<Result<Touched>>;
  /** A bound for operations that are sent from now on, to any node of the ring; absent in an eventual ring. */
  bound(): Bound | undefined;
}
