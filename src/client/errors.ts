/** What a client's operation can fail with: one class for each thing that a caller does about it. */

/** One node that was tried, and why it gave no final answer. */
export interface FailedAttempt {
  readonly node: string;
  readonly reason: string;
}

/** What an error tells; without `details` and `attempts` those of the error are empty. */
export interface RingwalkErrorOptions {
  /** Stable: one of the node's codes (`problem+json`), or one of the client's own. */
  readonly code: string;
  readonly message: string;
  /** The HTTP status, when a node answered. */
  readonly status?: number;
  /** The url of the node that answered. */
  readonly node?: string;
  readonly details?: Readonly<Record<string, unknown>>;
  readonly attempts?: readonly FailedAttempt[];
  readonly cause?: unknown;
}

/** Every error of an operation; those without a class of their own say that the request was wrong. */
export class RingwalkError extends Error {
  override readonly name: string = "RingwalkError";
  declare readonly code: string;
  declare readonly status: number | undefined;
  declare readonly node: string | undefined;
  declare readonly details: Readonly<Record<string, unknown>>;
  /** The nodes that were tried in vain, in order. */
  declare readonly attempts: readonly FailedAttempt[];

  /** What a class of its own has beside these stands in its options, too. */
  constructor({ message, cause, ...known }: RingwalkErrorOptions) {
    super(message, cause === undefined ? undefined : { cause });
    Object.assign(this, { details: {}, attempts: [] }, known);
  }
}

/** `condition_failed`: nothing was changed. Read the key again, decide anew, and write with the revision just read. */
export class ConditionFailedError extends RingwalkError {
  override readonly name = "ConditionFailedError";
}

/**
 * Nothing was done. `unauthorized`: the ring knows no such token (any more), or asks for one: give `createClient` a
 * `token` that `ringwalk token create` made. `forbidden`: the token lacks the right, or is for keys with another prefix
 * (`details.right`, `details.prefix`): ask whoever made it for one that has them.
 */
export class UnauthorizedError extends RingwalkError {
  override readonly name = "UnauthorizedError";
}

/** A node answered that the ring cannot serve the operation now; nothing was changed. Try again later. */
export class UnavailableError extends RingwalkError {
  override readonly name = "UnavailableError";
}

/** `unreachable`: no node received the request; nothing was changed. Check the urls, and that the nodes run. */
export class UnreachableError extends RingwalkError {
  override readonly name = "UnreachableError";
}

/**
 * `outcome_unknown`: the write may have happened, or may still. Repeat it with the error's `idempotencyKey` and `bound`
 * (it takes effect once at most), or read the key.
 */
export class OutcomeUnknownError extends RingwalkError {
  override readonly name = "OutcomeUnknownError";
  /** Absent for a membership change, which may be repeated as it is. */
  declare readonly idempotencyKey: string | undefined;
  /** Goes with the key: by it the ring knows whether it can have forgotten the write. Absent in an eventual ring. */
  declare readonly bound: string | undefined;

  constructor(
    options: Omit<RingwalkErrorOptions, "code"> & {
      readonly idempotencyKey?: string;
      readonly bound?: string;
    },
  ) {
    super({ ...options, code: "outcome_unknown" });
  }
}

/**
 * `wrong_ring`: every node that the client knows has come to be in another ring than the one it has talked to: it left,
 * for instance, and serves alone what it kept. Nothing was changed. Name nodes of the ring, or make a new client.
 */
export class WrongRingError extends RingwalkError {
  override readonly name = "WrongRingError";

  constructor(options: Omit<RingwalkErrorOptions, "code">) {
    super({ ...options, code: "wrong_ring" });
  }
}

/** `value_not_storable` or `value_undecodable`: store something else, or read the bytes with `getBytes`. */
export class ValueError extends RingwalkError {
  override readonly name = "ValueError";
}

/** `lock_lost`: its time was over before it was renewed, or somebody deleted it. Stop what it guards; lock anew. */
export class LockLostError extends RingwalkError {
  override readonly name = "LockLostError";
}

/** `partial_failure`: the operations on some keys failed, each with its error; the others took place. */
export class PartialFailureError extends RingwalkError {
  override readonly name = "PartialFailureError";
  declare readonly failures: ReadonlyMap<string, unknown>;

  constructor(
    options: Omit<RingwalkErrorOptions, "code"> & {
      readonly failures: ReadonlyMap<string, unknown>;
    },
  ) {
    super({ ...options, code: "partial_failure" });
  }
}
