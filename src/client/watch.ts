/** Watching one key over several nodes: when one breaks off, another goes on where it ended. */
import type { Metadata, StoredBytes } from "./api.ts";
import { fromBase64 } from "./base64.ts";
import type { NodeAnswer } from "./call.ts";
import {
  type FailedAttempt,
  RingwalkError,
  UnreachableError,
  WrongRingError,
} from "./errors.ts";
import type { ServerEvent } from "./event-stream.ts";
import { keyPath } from "./key-path.ts";
import { parsed } from "./node-answer.ts";
import type { NodeList } from "./node-list.ts";
import { pause } from "./pause.ts";
import { errorOfAnswer, reasonOfAnswer } from "./problem.ts";
import { type RingPin, ringHeader } from "./ring-pin.ts";
import type { EventStream, StreamCall } from "./stream-call.ts";

/** What a key is at some moment; in a watch each follows the one before. */
export interface WatchedState {
  /** Stands for the state: who gives it as `after` goes on from there. */
  readonly id: string;
  /** Absent: the key has no value. */
  readonly stored?: StoredBytes;
}

/** What a watch goes by: nodes and ring are those that the client's operations have, too. */
export interface WatchParts {
  readonly nodes: NodeList;
  readonly call: StreamCall;
  /** The ring that the nodes should be in. */
  readonly ring: RingPin;
  /** For one node to begin. */
  readonly attemptTimeoutMs: number;
  /** How long no node may serve the key until the watch is given up. */
  readonly timeoutMs: number;
  readonly now: () => number;
  /** Called each time that a node has begun to serve the watch. */
  readonly onOpen?: (node: string) => void;
}

/** From which state on, and until when. */
export interface WatchKeyOptions {
  /** The id of the state that the caller has: it is not shown again while it lasts. */
  readonly after?: string;
  readonly signal?: AbortSignal;
}

/** The first wait before nodes that did not serve are tried again, and the longest. */
const pauseMsMin = 100;
const pauseMsMax = 2_000;

/**
 * The key's state, and each later one that stays visible, in order, without an end. Throws the error of an answer that
 * no other node would give otherwise, what the nodes said when none could serve for `timeoutMs`, and the signal's reason.
 */
export async function* watchKey(
  parts: WatchParts,
  key: string,
  { after, signal }: WatchKeyOptions = {},
): AsyncGenerator<WatchedState> {
  const path = keyPath(key);
  let id = after;
  for (;;) {
    const stream = await openAnywhere(parts, { path, id, signal });
    parts.onOpen?.(stream.node);
    try {
      for await (const event of stream.events) {
        const state = stateOf(event, stream.node);
        if (!state) continue;
        id = state.id;
        yield state;
      }
    } catch (error) {
      if (error instanceof RingwalkError) throw error;
      signal?.throwIfAborted();
      parts.nodes.failed(stream.node);
    }
    // A node that shuts down ends its streams before it stops to listen.
    await pause(pauseMsMin, signal);
  }
}

interface Opening {
  readonly path: string;
  readonly id: string | undefined;
  readonly signal: AbortSignal | undefined;
}

async function openAnywhere(
  parts: WatchParts,
  opening: Opening,
): Promise<EventStream> {
  const { nodes, now, timeoutMs } = parts;
  const deadline = now() + timeoutMs;
  const attempts: FailedAttempt[] = [];
  let lastAnswer: NodeAnswer | undefined;
  for (
    let pauseMs = pauseMsMin;
    ;
    pauseMs = Math.min(2 * pauseMs, pauseMsMax)
  ) {
    for (const node of nodes.order()) {
      const outcome = await openAt(parts, node, opening);
      opening.signal?.throwIfAborted();
      if (outcome.kind === "stream") return outcome;
      nodes.failed(node);
      if (outcome.kind === "answer") {
        lastAnswer = outcome;
        attempts.push({ node, reason: reasonOfAnswer(outcome) });
      } else attempts.push({ node, reason: outcome.reason });
    }
    if (now() + pauseMs > deadline) throw errorOf(attempts, lastAnswer);
    await pause(pauseMs, opening.signal);
  }
}

type Failed =
  | NodeAnswer
  | { readonly kind: "failed" | "stray"; readonly reason: string };

async function openAt(
  parts: WatchParts,
  node: string,
  { path, id, signal }: Opening,
): Promise<EventStream | Failed> {
  const wanted = parts.ring.wanted();
  const outcome = await parts.call(node, {
    path,
    headers: {
      ...(id !== undefined && { "last-event-id": id }),
      ...(wanted !== undefined && { [ringHeader]: wanted }),
    },
    timeoutMs: parts.attemptTimeoutMs,
    signal,
  });
  if (outcome.kind === "not-sent" || outcome.kind === "unknown")
    return { kind: "failed", reason: outcome.reason };
  const { status, headers } = outcome;
  const bytes =
    outcome.kind === "answer"
      ? outcome.bytes
      : new Uint8Array(new ArrayBuffer());
  const answer: NodeAnswer = { kind: "answer", node, status, headers, bytes };
  if (parts.ring.originOf(answer, wanted).kind !== "ours")
    return { kind: "stray", reason: strayReason };
  if (outcome.kind === "stream") {
    parts.nodes.succeeded(node);
    return outcome;
  }
  // Another node, or the same one later, may answer otherwise.
  if (status === 429 || status >= 500) return answer;
  throw errorOfAnswer(answer);
}

const strayReason = "it is in another ring";

function errorOf(
  attempts: readonly FailedAttempt[],
  lastAnswer: NodeAnswer | undefined,
): RingwalkError {
  if (lastAnswer) return errorOfAnswer(lastAnswer, attempts);
  const last = attempts.at(-1);
  if (
    attempts.length > 0 &&
    attempts.every(({ reason }) => reason === strayReason)
  )
    return new WrongRingError({
      message:
        "Every node is in another ring than the one that was watched. Name nodes of that ring, or watch anew.",
      attempts,
    });
  return new UnreachableError({
    code: "unreachable",
    message: `No node answered (${last ? `${last.node}: ${last.reason}` : "none is known"}). Check the url, and that the node runs.`,
    attempts,
  });
}

interface ValueData {
  readonly etag: string;
  readonly value?: string;
  readonly base64?: string;
  readonly contentType?: string;
  readonly ttl?: number;
  readonly metadata?: Metadata;
}

/** Absent for an event that this release does not know. */
function stateOf(
  { type, id, data }: ServerEvent,
  node: string,
): WatchedState | undefined {
  if (type === "absent") return { id };
  if (type !== "value") return undefined;
  const { etag, value, base64, contentType, ttl, metadata } = parsed<ValueData>(
    data,
    node,
  );
  const bytes =
    base64 === undefined ? new TextEncoder().encode(value) : fromBase64(base64);
  return {
    id,
    stored: {
      bytes,
      contentType: contentType ?? "application/octet-stream",
      revision: etag.replace(/^"|"$/g, ""),
      ...(ttl !== undefined && { ttlSeconds: ttl }),
      ...(metadata && { metadata }),
    },
  };
}
