/** Operating errors are values with stable codes; `http/status.ts` maps each code to its HTTP status. */

/** What programs may go by; docs/PROTOCOL.md tells what each means to a peer or a client. */
export type ErrorCode =
  // the request
  | "invalid_key"
  /** The ring keeps this key for itself. */
  | "reserved_key"
  | "invalid_encoding"
  | "invalid_query"
  | "invalid_ttl"
  | "invalid_consistency"
  | "invalid_condition"
  | "invalid_cursor"
  | "invalid_idempotency_key"
  | "idempotency_key_reused"
  | "invalid_bound"
  | "bound_outdated"
  | "invalid_metadata"
  | "invalid_body"
  | "value_too_large"
  | "unsupported_encoding"
  | "uri_too_long"
  | "headers_too_large"
  | "method_not_allowed"
  | "not_found"
  | "condition_failed"
  | "not_a_number"
  | "out_of_bounds"
  | "no_such_key"
  // the ring could not serve it
  | "no_quorum"
  | "outcome_unknown"
  | "overloaded"
  | "shutting_down"
  | "store_failed"
  // membership
  | "join_unreachable"
  | "join_not_a_node"
  | "join_itself"
  | "member_elsewhere"
  | "join_settings_differ"
  | "join_store_unfit"
  | "version_unsupported"
  | "name_taken"
  | "member_unknown"
  | "member_alive"
  | "change_in_progress"
  | "change_undone"
  | "change_incomplete"
  | "not_a_member"
  // peers
  | "unauthorized"
  | "malformed_message"
  /** Not the member, or not the ring, that the message is meant for. */
  | "wrong_target"
  /** The client named another ring than the node's. */
  | "wrong_ring"
  | "internal";

/** Why something could not be done, for a program by its code and for a person by its message. */
export interface RingError {
  readonly code: ErrorCode;
  /** For a person: what is wrong, and the next step. Never holds a secret, a value or a stack trace. */
  readonly message: string;
  /** For programs, by names that docs/PROTOCOL.md tells; absent when the code says it all. */
  readonly details?: Readonly<Record<string, unknown>>;
}

/** An operation's answer, or the error that it ended with. */
export type Result<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly error: RingError };

/** The result of what went well. */
export function ok<T>(value: T): Result<T> {
  return { ok: true, value };
}

/** The result of what did not; `message` and `details` as in `RingError`. */
export function fail(
  code: ErrorCode,
  message: string,
  details?: Readonly<Record<string, unknown>>,
): { readonly ok: false; readonly error: RingError } {
  return {
    ok: false,
    error: details ? { code, message, details } : { code, message },
  };
}
