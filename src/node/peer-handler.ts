/** Answers peer messages: the epoch rule first, then each request, votes inside the epoch gate. */
import { fail, ok, type Result } from "../core/errors.ts";
import { isEventual, type Layout } from "../core/layout.ts";
import type { LayoutChange } from "../core/layout-change.ts";
import type {
  ExecuteOutcome,
  PeerAnswer,
  PeerReply,
  PeerRequest,
  Progress,
  Vitals,
} from "../core/message.ts";
import { decodeBatch, encodeAnswer } from "../core/message-codec.ts";
import { answerVotes } from "./answer-votes.ts";
import type { Coordinator } from "./coordinator.ts";
import { type EntryParts, enter, errorReply } from "./epoch-rule.ts";
import { createExecutions, type Executions } from "./executions.ts";
import type { Replica, ReplicaRequest } from "./replica.ts";
import type { Spans } from "./spans.ts";
import type { StoreWatch } from "./store-watch.ts";

/** The receiving end of `POST /peer`; whoever calls it has checked the ring secret. */
export interface PeerHandler {
  /** The answer's bytes; or why the message as a whole is refused, and then nothing was executed. */
  handle(body: Uint8Array): Promise<Result<Uint8Array>>;
}

/** Whom each kind of request is for. */
export interface PeerHandlerParts extends EntryParts {
  readonly replica: Replica;
  readonly coordinator: Coordinator;
  readonly propose: (
    change: LayoutChange,
  ) => Promise<Result<{ readonly epoch: number }>>;
  readonly beginLeaving: () => void;
  readonly acceptInvitation: (
    urls: readonly string[],
  ) => Promise<Result<unknown>>;
  readonly progress: () => Progress | undefined;
  /** How this node fares. */
  readonly vitals: () => Vitals;
  /** Whether the node takes new operations. */
  readonly isOpen: () => boolean;
  /** Counts an operation that a shutdown has to wait for. */
  readonly track: <T>(work: () => Promise<T>) => Promise<T>;
  readonly spans: Spans;
  /** Turns failures of the store into errors. */
  readonly guard: StoreWatch["guard"];
  /** Called with keys that another member says have changed. */
  readonly onChanged: (keys: readonly string[]) => void;
}

type Parts = PeerHandlerParts & { readonly executions: Executions };

/** Remembers which forwarded operations this process has executed (docs/decisions/0009). */
export function createPeerHandler(given: PeerHandlerParts): PeerHandler {
  const executions = createExecutions(() => isEventual(given.ring.layout()));
  const parts = { ...given, executions };
  return {
    async handle(body) {
      const batch = decodeBatch(body);
      if (!batch)
        return fail(
          "malformed_message",
          "The body is no message of this protocol version; nothing was executed.",
        );
      // What has to be stored before the requests may be answered: if it cannot be, none of them is.
      const entered = await parts.guard(() => enter(parts, batch));
      if (!entered.ok) return entered;
      const { layout, answer } = entered.value;
      return ok(
        encodeAnswer(
          answer ?? (await answerRequests(parts, batch.requests, layout)),
        ),
      );
    },
  };
}

async function answerRequests(
  parts: Parts,
  requests: readonly PeerRequest[],
  layout: Layout,
): Promise<PeerAnswer> {
  const { ring } = parts;
  const votes = ring.gate.shared(async () => {
    // Checked where nothing can change it until the votes are durable.
    if (ring.layout() !== layout) return undefined;
    const standing = { layout, memberId: ring.memberId(), space: ring.space() };
    return answerVotes(parts.replica, standing, requests.filter(isVote));
  });
  const others = Promise.all(
    requests.map((request) =>
      isVote(request) ? undefined : answerOther(parts, request, layout),
    ),
  );
  const [voted, answered] = await Promise.all([votes, others]);
  // Every batch is of one lane, so that a stale one has executed nothing.
  if (!voted && requests.some(isVote))
    return { kind: "stale", layout: ring.layout() };
  const ofVotes = voted?.values();
  const replies = requests.map(
    (request, index): PeerReply =>
      (isVote(request) ? ofVotes?.next().value : answered[index]) ?? {
        kind: "abstained",
        reason: "not-replica",
      },
  );
  return { kind: "replies", replies };
}

function isVote(request: PeerRequest): request is ReplicaRequest {
  switch (request.kind) {
    case "prepare":
    case "accept":
    case "read":
    case "merge":
    case "list":
    case "digest":
    case "collect":
    case "inherit":
      return true;
    default:
      return false;
  }
}

async function answerOther(
  parts: Parts,
  request: Exclude<PeerRequest, ReplicaRequest>,
  { ringId }: Layout,
): Promise<PeerReply> {
  switch (request.kind) {
    case "execute":
      return {
        kind: "executed",
        outcome: await parts.executions.run(request.attempt, () =>
          parts.track(() => execute(parts, { ...request, ringId })),
        ),
      };
    case "changed":
      parts.onChanged(request.keys);
      return { kind: "done" };
    case "ping": {
      const progress = parts.progress();
      return {
        kind: "pong",
        ...(progress && { progress }),
        ...(request.withVitals && { vitals: parts.vitals() }),
      };
    }
    case "propose": {
      const result = await parts.guard(() => parts.propose(request.change));
      return result.ok
        ? { kind: "proposed", epoch: result.value.epoch }
        : { kind: "error", error: result.error };
    }
    case "leave":
      parts.beginLeaving();
      return { kind: "done" };
    case "invite": {
      const joined = await parts.acceptInvitation(request.urls);
      return joined.ok
        ? { kind: "done" }
        : { kind: "error", error: joined.error };
    }
    case "switch":
      return errorReply("malformed_message", "A switch travels alone.");
  }
}

/** An operation that another node has begun, and the ring in which it has to end. */
type Forwarded = Extract<PeerRequest, { kind: "execute" }> & {
  readonly ringId: string;
};

function execute(
  parts: PeerHandlerParts,
  request: Forwarded,
): Promise<ExecuteOutcome> {
  return parts.spans.during(
    "a change was forwarded here",
    request.traceparent,
    (traceparent) =>
      executeHere(parts, {
        ...request,
        ...(traceparent !== undefined && { traceparent }),
      }),
  );
}

async function executeHere(
  { coordinator, isOpen }: PeerHandlerParts,
  request: Forwarded,
): Promise<ExecuteOutcome> {
  if (!isOpen()) return { kind: "not-replica" };
  const result = await coordinator.change(request);
  switch (result.kind) {
    case "committed":
      return { kind: "committed", answer: result.answer };
    case "no-quorum":
    case "unknown":
      // Why is this node's own matter.
      return { kind: result.kind };
    default:
      return result;
  }
}
