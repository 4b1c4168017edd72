/** One operation over several nodes: another is tried when one is down, and nothing takes effect twice. */
import type { BatchableRequest, BatchingCall } from "./batch.ts";
import { boundHeader, type ToldBound } from "./bound.ts";
import type { NodeAnswer } from "./call.ts";
import { RingwalkError } from "./errors.ts";
import {
  checked,
  errorOf,
  type Journey,
  pastOf,
  strayReason,
} from "./journey.ts";
import { createNodeList, type NodeList } from "./node-list.ts";
import { orAborted, pause } from "./pause.ts";
import { errorOfAnswer, reasonOfAnswer } from "./problem.ts";
import { type RingPin, ringHeader } from "./ring-pin.ts";

/** A request, and what makes it safe to send to one node after the other. */
export interface Operation extends BatchableRequest {
  /** With it the operation is a write: its repetitions take effect once. */
  readonly idempotencyKey?: string;
  /** Of a write that was sent before, by another call: what it was sent under. */
  readonly bound?: string | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** What all operations of a client go by; each of them tells it what the nodes said. */
export interface SendOptions {
  readonly nodes: NodeList;
  readonly call: BatchingCall;
  readonly told: ToldBound;
  /** For one request to one node. */
  readonly attemptTimeoutMs: number;
  /** For the whole operation. */
  readonly timeoutMs: number;
  /** Whether to use all of that time while nodes answer that they cannot serve now. */
  readonly isPatient: boolean;
  readonly now: () => number;
  /** The ring that the nodes should be in. */
  readonly ring: RingPin;
}

/** The longest wait before the nodes that could not be reached are tried once more. */
const pauseMsMax = 150;
/** What a node's `Retry-After` says. */
const patientPauseMs = 1_000;

/**
 * Asks one node after the other, all of them twice (a patient client: again and again), until one answers for good.
 * Throws the error that the answer stands for, or, with none, what is known about the operation. An abort throws the
 * signal's reason.
 */
export async function send(
  operation: Operation,
  options: SendOptions,
): Promise<NodeAnswer> {
  if (options.nodes.urls().length === 0) throw noNodes();
  const { idempotencyKey, bound, signal } = operation;
  const { told } = options;
  const deadline = options.now() + options.timeoutMs;
  if (idempotencyKey !== undefined && told.bound === undefined)
    told.asking ??= ask(options);
  // Reads wait with the writes that were issued before them.
  if (told.asking) await orAborted(told.asking, signal);
  const journey: Journey = {
    deadline,
    attempts: [],
    refusing: new Set(),
    strays: new Map(),
    lastAnswer: undefined,
    mayHaveHappened: bound !== undefined,
    bound: bound ?? told.bound,
  };
  for (let round = 1; ; round++) {
    for (const node of options.nodes.order(operation.line !== undefined)) {
      if (journey.refusing.has(node)) continue;
      const answer = await attempt(node, operation, { options, journey });
      if (answer) return checked(answer, operation, journey);
    }
    if (followsStrays(options, journey)) continue;
    const isRefused = journey.refusing.size === options.nodes.urls().length;
    if (options.isPatient && journey.lastAnswer) {
      journey.refusing.clear();
      await pause(patientPauseMs, operation.signal);
    } else if (round === 1 && !isRefused)
      await pause(pauseMsMax, operation.signal);
    else throw errorOf(operation, journey);
  }
}

/** For a bound, which must be older than the first attempt. Without one, writes are as safe as the keys' memory. */
async function ask(options: SendOptions): Promise<void> {
  const { told } = options;
  await send({ method: "GET", path: "/" }, options).catch(() => {});
  told.bound ??= "";
  told.asking = undefined;
}

/**
 * Whether all nodes have gone over to one other ring, which is the client's then: a client of one node whose node joins
 * a ring goes on. Not when one of them left the client's: what it kept is a part (docs/decisions/0018).
 */
function followsStrays(
  { nodes, ring }: SendOptions,
  { strays }: Journey,
): boolean {
  const wanted = ring.wanted();
  const found = [...strays.values()];
  const [first] = found;
  if (!first || found.length < nodes.urls().length) return false;
  const isCommon = found.every(
    ({ ringId, leftRingId }) =>
      ringId === first.ringId && leftRingId !== wanted && ringId !== wanted,
  );
  if (isCommon) ring.follow(first.ringId, wanted);
  strays.clear();
  return isCommon;
}

/** The same with one node alone. */
export function sendTo(
  node: string,
  operation: Operation,
  options: SendOptions,
): Promise<NodeAnswer> {
  const { now } = options;
  const nodes = createNodeList({ urls: [node], policy: "sticky", now });
  return send(operation, { ...options, nodes });
}

/** The answer, if it is final; else what happened is noted in the journey. */
async function attempt(
  node: string,
  operation: Operation,
  way: { readonly options: SendOptions; readonly journey: Journey },
): Promise<NodeAnswer | undefined> {
  const { options, journey } = way;
  const { idempotencyKey, bound: _, signal, line, ...request } = operation;
  const remainingMs = journey.deadline - options.now();
  const timeoutMs = Math.min(options.attemptTimeoutMs, remainingMs);
  if (timeoutMs < 1) throw errorOf(operation, journey);
  signal?.throwIfAborted();
  const wanted = options.ring.wanted();
  const headers = {
    ...request.headers,
    ...(idempotencyKey !== undefined && pastOf(journey, idempotencyKey)),
    [ringHeader]: wanted,
  };
  // What has failed once goes by itself from then on: what it travelled with may have been the cause.
  const isFirst = journey.attempts.length === 0;
  const outcome = await options.call(
    node,
    { ...request, headers, line: isFirst ? line : undefined },
    { timeoutMs, signal },
  );
  signal?.throwIfAborted();
  if (outcome.kind !== "answer") {
    options.nodes.failed(node);
    journey.attempts.push({ node, reason: outcome.reason });
    journey.mayHaveHappened ||= outcome.kind === "unknown";
    return undefined;
  }
  const origin = options.ring.originOf(outcome, wanted);
  if (origin.kind !== "ours") {
    options.nodes.failed(node);
    // It refuses what names a ring; what did not, it may have done in its own.
    journey.mayHaveHappened ||= outcome.status < 400;
    if (origin.kind === "stray") journey.strays.set(node, origin);
    journey.attempts.push({ node, reason: strayReason });
    return undefined;
  }
  options.nodes.succeeded(node);
  const bound = outcome.headers.get(boundHeader);
  if (bound) options.told.bound ||= bound;
  if (isOutdated(outcome) && !journey.mayHaveHappened) {
    journey.bound = options.told.bound = bound ?? "";
    journey.lastAnswer = outcome;
    return attempt(node, operation, way);
  }
  if (!isPassing(outcome.status)) return outcome;
  journey.attempts.push({ node, reason: reasonOfAnswer(outcome) });
  journey.lastAnswer = outcome;
  if (isRefusal(outcome.status)) journey.refusing.add(node);
  else journey.mayHaveHappened = true;
  return undefined;
}

/** Nothing was done, nor will be under the bound. */
function isOutdated(answer: NodeAnswer): boolean {
  return (
    answer.status === 409 && errorOfAnswer(answer).code === "bound_outdated"
  );
}

/** Another node, or the same one later, may answer otherwise. 502 is about urls that the request named. */
function isPassing(status: number): boolean {
  return isRefusal(status) || (status >= 500 && status !== 502);
}

/** Nothing was applied. */
function isRefusal(status: number): boolean {
  return status === 429 || status === 503;
}

function noNodes(): RingwalkError {
  return new RingwalkError({
    code: "no_nodes",
    message:
      "The client knows no node: name one in createClient({ nodes }), or call join(url).",
  });
}
