/** Requests that change a ring's membership: each goes to one node, which takes it from there. */
import type { Call, CallOutcome, NodeAnswer } from "./call.ts";
import { OutcomeUnknownError } from "./errors.ts";
import { withQuery } from "./key-path.ts";
import { errorOfNoAnswer } from "./no-answer.ts";
import { jsonOf } from "./node-answer.ts";
import { errorOfAnswer } from "./problem.ts";
import type { ChangeReport } from "./status.ts";

/** How long a change may take before the client stops waiting; the ring goes on with it. Node.js's fetch waits no longer. */
const changeTimeoutMsDefault = 290_000;

/** Whether, and how long, to wait for the end of a membership change, which goes on when nobody waits. */
export interface ChangeOptions {
  /** Whether to wait until the ring is stable again; `true` unless given. */
  readonly wait?: boolean;
  /** How long to wait; the change itself goes on. */
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
}

/** The node and the way to it. */
export interface Target {
  readonly call: Call;
  readonly node: string;
}

/** Which ring a node should join, and whether it takes a place that is there. */
export interface JoinRequest extends ChangeOptions {
  /** Urls of members of the ring to join. */
  readonly urls: readonly string[];
  /** Take over the member of the node's name, which lost its store. */
  readonly replace?: boolean;
}

/** Tells a node to join a ring; when it is a member already, nothing happens. */
export function requestJoin(
  target: Target,
  { urls, replace, ...options }: JoinRequest,
): Promise<ChangeReport> {
  const path = replace ? "/dht/replace" : "/dht/join";
  return requestChange(target, { path, body: { urls }, ...options });
}

/** Tells a node to leave its ring, its data moved to the others first. */
export function requestLeave(
  target: Target,
  options: ChangeOptions = {},
): Promise<ChangeReport> {
  return requestChange(target, { path: "/dht/leave", ...options });
}

/** Which dead member the ring should let go. */
export interface RemoveRequest extends ChangeOptions {
  /** The dead member's. */
  readonly name: string;
  /** Found a new ring of the members that are left; acknowledged writes may be lost. */
  readonly force?: boolean;
}

/** Tells a node that the member of this name is dead. */
export function requestRemove(
  target: Target,
  { name, force, ...options }: RemoveRequest,
): Promise<ChangeReport> {
  const body = force ? { name, force } : { name };
  return requestChange(target, { path: "/dht/remove", body, ...options });
}

async function requestChange(
  { call, node }: Target,
  {
    path,
    body,
    wait,
    timeoutMs = changeTimeoutMsDefault,
    signal,
  }: ChangeOptions & { readonly path: string; readonly body?: unknown },
): Promise<ChangeReport> {
  const outcome = await call(
    node,
    {
      method: "POST",
      path: withQuery(path, { wait: wait === false ? 0 : undefined }),
      headers: {
        accept: "application/json",
        ...(body !== undefined && { "content-type": "application/json" }),
      },
      ...(body !== undefined && {
        body: new TextEncoder().encode(JSON.stringify(body)),
      }),
    },
    { timeoutMs, ...(signal && { signal }) },
  );
  signal?.throwIfAborted();
  const answer = answerOf(outcome, node);
  return jsonOf(answer);
}

function answerOf(outcome: CallOutcome, node: string): NodeAnswer {
  if (outcome.kind === "answer") {
    if (outcome.status < 400) return outcome;
    const error = errorOfAnswer(outcome);
    if (error.code !== "outcome_unknown") throw error;
    const { message, status = outcome.status, details } = error;
    throw new OutcomeUnknownError({ message, status, node, details });
  }
  const whatThen =
    ", and may go on with the change. Its /dht/status tells; to ask again is safe.";
  throw errorOfNoAnswer(outcome, node, whatThen);
}
