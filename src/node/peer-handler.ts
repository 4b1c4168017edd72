/** Answers peer messages: the epoch rule first, then each request, votes inside the epoch gate. */
import { fail, ok, type Result } from "../core/errors.ts";
import { isEventual, type Layout } from "../core/layout.ts";
import type { LayoutChange } from "../core/layout-change.ts";
import type {
  ExecuteOutcome,
  PeerAnswer,
  PeerBatch,
  PeerReply,
  PeerRequest,
  Progress,
  Vitals,
} from "../core/message.ts";
import { decodeBatch, encodeAnswer } from "../core/message-codec.ts";
import { answerVotes } from "./answer-votes.ts";
import type { Coordinator } from "./coordinator.ts";
import { createExecutions, type Executions } from "./executions.ts";
import type { Replica, ReplicaRequest } from "./replica.ts";
import type { Ring } from "./ring.ts";
import type { Spans } from "./spans.ts";
import type { StoreWatch } from "./store-watch.ts";

/** The receiving end of `POST /peer`; whoever calls it has checked the ring secret. */
export interface PeerHandler {
  /** The answer's bytes; or why the message as a whole is refused, and then nothing was executed. */
  handle(body: Uint8Array): Promise<Result<Uint8Array>>;
}

/** Whom each kind of request is for. */
export interface PeerHandlerParts {
  readonly ring: Ring;
  readonly replica: Replica;
  readonly coordinator: Coordinator;
  readonly propose: (
    change: LayoutChange,
  ) => Promise<Result<{ readonly epoch: number }>>;
  readonly beginLeaving: () => void;
  readonly acceptInvitation: (
    urls: readonly string[],
  ) => Promise<Result<unknown>>;
  readonly switchTo: (layout: Layout) => Promise<boolean>;
  /** Goes along with an operator's force; false when this node does not. */
  readonly follow: (layout: Layout, replacedRingId: string) => Promise<boolean>;
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
  /** The name of this process: what it remembers of executions ends with it. */
  readonly process: string;
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

function wrongTarget() {
  return fail(
    "wrong_target",
    "This node is not that member of that ring; nothing was executed.",
  );
}

/** The layout at which the requests are answered, or the answer that they have without being looked at. */
interface Entered {
  readonly layout: Layout;
  readonly answer?: PeerAnswer;
}

/** The epoch rule (docs/PROTOCOL.md, section 4). */
async function enter(parts: Parts, batch: PeerBatch): Promise<Result<Entered>> {
  const { ring } = parts;
  const ended = (answer: PeerAnswer) => ok({ layout: ring.layout(), answer });
  if (isSwitch(batch)) {
    const forced = await followForce(parts, batch);
    return forced ? ended(forced) : wrongTarget();
  }
  if (isForFutureSelf(ring, batch)) {
    if (!batch.layout) return ended({ kind: "behind", epoch: 0 });
    await parts.switchTo(batch.layout);
  }
  const { stay } = ring.state();
  if (batch.ringId !== stay.layout.ringId || batch.to !== stay.memberId)
    return wrongTarget();
  if (
    batch.layout?.ringId === batch.ringId &&
    batch.layout.epoch === batch.epoch
  )
    await ring.adopt(batch.layout);
  const layout = ring.layout();
  if (batch.epoch > layout.epoch)
    return ended({ kind: "behind", epoch: layout.epoch });
  if (batch.epoch < layout.epoch) return ended({ kind: "stale", layout });
  const isForOther =
    batch.process !== parts.process &&
    batch.requests.some(({ kind }) => kind === "execute");
  return isForOther
    ? ended({ kind: "other-process", process: parts.process })
    : ok({ layout });
}

/** The ring that this node asked to join speaks to the id that the node will have there. */
function isForFutureSelf(ring: Ring, batch: PeerBatch): boolean {
  const { joining } = ring.state();
  return joining?.ringId === batch.ringId && joining.memberId === batch.to;
}

function isSwitch({ requests }: PeerBatch): boolean {
  return requests.length === 1 && requests[0]?.kind === "switch";
}

/**
 * An operator's force is addressed to a member of the ring that it replaces; a repeated one to who followed already.
 * Absent when it is meant for another.
 */
async function followForce(
  { ring, follow }: PeerHandlerParts,
  { ringId, to, requests }: PeerBatch,
): Promise<PeerAnswer | undefined> {
  const [request] = requests;
  const { stay } = ring.state();
  const isMine =
    to === stay.memberId &&
    (ringId === stay.layout.ringId || ringId === stay.replacedRingId);
  if (request?.kind !== "switch" || !isMine) return undefined;
  const reply: PeerReply = (await follow(request.layout, ringId))
    ? { kind: "done" }
    : errorReply("change_in_progress", "Another layout came first here.");
  return { kind: "replies", replies: [reply] };
}

function errorReply(...error: Parameters<typeof fail>): PeerReply {
  return { kind: "error", error: fail(...error).error };
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
      isVote(request) ? undefined : answerOther(parts, request),
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
): Promise<PeerReply> {
  switch (request.kind) {
    case "execute":
      return {
        kind: "executed",
        outcome: await parts.executions.run(request.attempt, () =>
          parts.track(() => execute(parts, request)),
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

function execute(
  parts: PeerHandlerParts,
  request: Extract<PeerRequest, { kind: "execute" }>,
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
  request: Extract<PeerRequest, { kind: "execute" }>,
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
