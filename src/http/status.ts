/** The one table from error code to HTTP status. */
import type { ErrorCode } from "../core/errors.ts";

/** What a problem's `code` can be: the core's codes, and those that only HTTP has. */
export type ProblemCode =
  | ErrorCode
  /** The token lacks the right, or is for other keys. */
  | "forbidden"
  /** Too many unknown tokens at once. */
  | "too_many_attempts"
  /** A browser sent it for a page of another site. */
  | "cross_site_refused"
  /** A clear of `/unstorage` ended with keys left. */
  | "clear_incomplete"
  /** A node that serves its own machine was asked by another name. */
  | "host_refused"
  /** Whoever deployed this node has not told it all that it needs. */
  | "not_configured";

/** A code without a status does not compile. What a caller does about each is in docs/PROTOCOL.md. */
export const statusOfCode: Readonly<Record<ProblemCode, number>> = {
  invalid_key: 400,
  reserved_key: 400,
  invalid_encoding: 400,
  invalid_query: 400,
  invalid_ttl: 400,
  invalid_consistency: 400,
  invalid_condition: 400,
  invalid_cursor: 400,
  invalid_idempotency_key: 400,
  invalid_bound: 400,
  invalid_metadata: 400,
  invalid_body: 400,
  malformed_message: 400,
  join_itself: 400,
  unauthorized: 401,
  forbidden: 403,
  cross_site_refused: 403,
  host_refused: 403,
  not_found: 404,
  no_such_key: 404,
  member_unknown: 404,
  method_not_allowed: 405,
  bound_outdated: 409,
  not_a_number: 409,
  out_of_bounds: 409,
  join_settings_differ: 409,
  join_store_unfit: 409,
  version_unsupported: 409,
  name_taken: 409,
  member_alive: 409,
  member_elsewhere: 409,
  change_in_progress: 409,
  change_undone: 409,
  change_incomplete: 409,
  wrong_target: 409,
  not_a_member: 503,
  condition_failed: 412,
  value_too_large: 413,
  uri_too_long: 414,
  unsupported_encoding: 415,
  wrong_ring: 421,
  idempotency_key_reused: 422,
  too_many_attempts: 429,
  headers_too_large: 431,
  internal: 500,
  join_unreachable: 502,
  join_not_a_node: 502,
  // Nothing was applied: the same request may be sent again, here or to another node.
  no_quorum: 503,
  overloaded: 503,
  store_failed: 503,
  not_configured: 503,
  shutting_down: 503,
  // It may have been applied, or was in part: only an idempotent request may be sent again.
  clear_incomplete: 504,
  outcome_unknown: 504,
};
