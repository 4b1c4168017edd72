/** Which problems go together: what can befall every request, a read, a change, a membership change. */
import type { ProblemCode } from "../status.ts";

/** Of every request. The first come from the server or the Worker, before the app. */
export const everywhere: readonly ProblemCode[] = [
  "uri_too_long",
  "headers_too_large",
  "not_configured",
  "overloaded",
  "host_refused",
  "internal",
];

/** Of whoever shows a token, which is looked up in the ring. */
export const ofTokens: readonly ProblemCode[] = [
  "unauthorized",
  "forbidden",
  "too_many_attempts",
  "no_quorum",
  "not_a_member",
  "shutting_down",
  "store_failed",
];

/** Of whoever asks the replicas of a key, or of all keys. */
export const reading: readonly ProblemCode[] = [
  "wrong_ring",
  "no_quorum",
  "not_a_member",
  "overloaded",
  "shutting_down",
  "store_failed",
];

/** Of whoever changes a key. */
export const changing: readonly ProblemCode[] = [
  ...reading,
  "invalid_condition",
  "invalid_idempotency_key",
  "idempotency_key_reused",
  "invalid_bound",
  "bound_outdated",
  "condition_failed",
  "outcome_unknown",
];

/** Of a key that a url names. */
export const naming: readonly ProblemCode[] = [
  "invalid_key",
  "reserved_key",
  "invalid_encoding",
  "invalid_query",
];

/** Of a JSON or text body. */
export const ofBody: readonly ProblemCode[] = [
  "invalid_body",
  "invalid_encoding",
  "value_too_large",
];

/** Of every change of the members or the settings. */
export const ofMembers: readonly ProblemCode[] = [
  "invalid_query",
  "invalid_encoding",
  "change_in_progress",
  "change_undone",
  "change_incomplete",
  "member_unknown",
  "not_a_member",
  "no_quorum",
  "outcome_unknown",
  "shutting_down",
  "store_failed",
];

/** Of a node that goes to another ring. */
export const ofJoining: readonly ProblemCode[] = [
  ...ofMembers,
  ...ofBody,
  "join_itself",
  "join_not_a_node",
  "join_settings_differ",
  "join_store_unfit",
  "join_unreachable",
  "member_alive",
  "name_taken",
  "version_unsupported",
];
