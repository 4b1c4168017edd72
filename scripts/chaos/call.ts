/** One client's call of a key over HTTP, and what its answer says of the key and no more than that. */
import type { Conditions, Input, Outcome } from "../../src/sim/history.ts";
import { failureOf } from "../../src/transport/failure.ts";
import type { Addressed } from "./ring.ts";
import { authorization } from "./secret.ts";

export interface Call {
  readonly key: string;
  readonly input: Input;
  readonly idempotencyKey?: string;
  /** What the client was told before the operation was first sent; the same with each attempt. */
  readonly bound?: string | undefined;
  /** Whether it was sent before. */
  readonly isRepetition?: boolean;
  /** Whether the answer should tell which steps it took. */
  readonly isTraced?: boolean;
}

export interface Answer {
  readonly outcome: Outcome;
  /** For people: `ok`, `condition_failed`, a problem's code, or why there was no answer. */
  readonly label: string;
  /** The members that were asked for it, and what they said. */
  readonly walk?: string;
  /** For the next operation with an idempotency key. */
  readonly bound?: string;
}

/** Codes of answers that are due to faults; any other refusal is a defect, the caller's or the node's. */
const expectedCodes: ReadonlySet<string> = new Set([
  "condition_failed",
  "bound_outdated",
  "no_quorum",
  "outcome_unknown",
  "not_a_member",
  "overloaded",
  "shutting_down",
]);

/** Asks one node once. `isDefect` of an answer's label tells that no fault explains it. */
export async function callKey(
  node: Addressed,
  call: Call,
  signal: AbortSignal,
): Promise<Answer> {
  try {
    const response = await fetch(urlOf(node, call), {
      ...requestOf(call),
      signal,
    });
    const answer = await answerOf(call.input, response);
    const walk = response.headers.get("ringwalk-walk");
    const bound = response.headers.get("ringwalk-bound");
    return {
      ...answer,
      ...(walk !== null && { walk }),
      ...(bound !== null && { bound }),
    };
  } catch (error) {
    const wasSent = signal.aborted || failureOf(error).kind === "unknown";
    const isSafe = isRead(call.input) || !wasSent;
    return {
      outcome: { kind: isSafe ? "failed" : "unknown" },
      label: signal.aborted
        ? "no answer"
        : wasSent
          ? "connection lost"
          : "not sent",
    };
  }
}

/** A bound up front; absent when the node does not answer. */
export async function boundOf(
  { place }: Addressed,
  signal: AbortSignal,
): Promise<string | undefined> {
  try {
    const { headers } = await fetch(place.clientUrl, { signal });
    return headers.get("ringwalk-bound") ?? undefined;
  } catch {
    return undefined;
  }
}

export function isDefect(label: string): boolean {
  return label.includes("_")
    ? !expectedCodes.has(label)
    : label.startsWith("status ") || label === "internal";
}

export function isRead({ kind }: Input): boolean {
  return kind === "get" || kind === "eventual-get";
}

function urlOf({ place }: Addressed, { key, input }: Call): string {
  const query = input.kind === "eventual-get" ? "?consistency=eventual" : "";
  return `${place.clientUrl}/db/${encodeURIComponent(key)}${query}`;
}

function requestOf({
  input,
  idempotencyKey,
  bound,
  isRepetition,
  isTraced,
}: Call): RequestInit {
  const common = {
    authorization,
    ...(isTraced === true && { "ringwalk-trace": "1" }),
  };
  if (input.kind === "get" || input.kind === "eventual-get")
    return { headers: common };
  const headers = {
    ...common,
    ...headersOf(input.conditions),
    ...(idempotencyKey !== undefined && { "idempotency-key": idempotencyKey }),
    ...(bound !== undefined && { "ringwalk-bound": bound }),
    ...(isRepetition && { "ringwalk-repeated": "1" }),
  };
  return input.kind === "put"
    ? { method: "PUT", headers, body: input.value }
    : { method: "DELETE", headers };
}

function headersOf({
  ifMatch,
  ifNoneMatch,
}: Conditions = {}): Record<string, string> {
  const listed = (revisions: "*" | readonly string[]) =>
    revisions === "*"
      ? "*"
      : revisions.map((revision) => `"${revision}"`).join(", ");
  return {
    ...(ifMatch !== undefined && { "if-match": listed(ifMatch) }),
    ...(ifNoneMatch !== undefined && { "if-none-match": listed(ifNoneMatch) }),
  };
}

async function answerOf(input: Input, response: Response): Promise<Answer> {
  const text = await response.text();
  const { status, headers } = response;
  // Without the header it is no node's answer.
  if (!headers.has("ringwalk"))
    return {
      outcome: { kind: "unknown" },
      label: `status ${status} of a stranger`,
    };
  const etag = headers.get("etag")?.replaceAll('"', "");
  const revision = etag === undefined ? {} : { revision: etag };
  if (status === 200)
    return isRead(input)
      ? { outcome: { kind: "value", value: text, ...revision }, label: "ok" }
      : { outcome: { kind: "applied", ...revision }, label: "ok" };
  if (status === 404 && isRead(input) && text === "")
    return { outcome: { kind: "absent" }, label: "ok" };
  return refusalOf(input, status, text);
}

function refusalOf(input: Input, status: number, text: string): Answer {
  const { code, details } = problemOf(text);
  const label = code ?? `status ${status}`;
  if (status === 412 && !isRead(input)) {
    // Without a revision the answer may be one to a repetition, which does not tell what is there now.
    const current = details?.revision;
    return {
      outcome: {
        kind: "condition-failed",
        ...(typeof current === "string" && { current }),
      },
      label,
    };
  }
  return {
    outcome: {
      kind:
        isRead(input) || status === 503 || code === "bound_outdated"
          ? "failed"
          : "unknown",
    },
    label,
  };
}

function problemOf(text: string): {
  readonly code?: string;
  readonly details?: { readonly revision?: unknown };
} {
  try {
    return JSON.parse(text);
  } catch {
    return {};
  }
}
