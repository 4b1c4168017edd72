/** Calls to other members: one link each, with its batches, its suspicion, and the epoch rule on both ways. */
import { type Layout, type Member, memberOf } from "../core/layout.ts";
import type { PeerBatch, PeerRequest } from "../core/message.ts";
import {
  decodeAnswer,
  encodeBatch,
  type ReceivedAnswer,
} from "../core/message-codec.ts";
import type { Clock, Log, Transport, TransportResult } from "../ports.ts";
import { type Batcher, createBatcher, type PeerOutcome } from "./batcher.ts";
import type { Meter } from "./meter.ts";
import type { Suspicion } from "./suspicion.ts";

/** Whom a request is sent to, as a member of which ring: the sender's own, or one that it has met. */
export interface Target {
  readonly layout: Layout;
  readonly member: Member;
}

/** The one way to other members. No call rejects; what failed is an outcome, and teaches `suspicion`. */
export interface Peers {
  /** Sends a request of this layout's epoch to a member of it. */
  send(layout: Layout, to: string, request: PeerRequest): Promise<PeerOutcome>;
  /** Sends one request past queues and suspicion, to a member of any ring: how joiners ask, and layouts spread. */
  sendDirectly(
    target: Target,
    request: PeerRequest,
    timeoutMs?: number,
  ): Promise<PeerOutcome>;
  readonly suspicion: Suspicion;
}

/** The wire and its time limits, and who learns how calls went. */
export interface PeersParts {
  readonly transport: Transport;
  readonly suspicion: Suspicion;
  readonly log: Log;
  readonly clock: Pick<Clock, "now">;
  readonly meter: Pick<Meter, "peerCall">;
  /** For votes, reads and pages. */
  readonly callTimeoutMs: number;
  /** For forwarded operations, which need a quorum of their own before they answer. */
  readonly executeTimeoutMs: number;
  /** Stores a newer layout that a peer answered with. */
  readonly adopt: (layout: Layout) => Promise<unknown>;
}

/** With the process of each member that is known to execute operations. */
type Parts = PeersParts & { readonly processes: Map<string, string> };

const stale: PeerOutcome = { kind: "stale" };
const unreachable = (wasSent: boolean): PeerOutcome => ({
  kind: "unreachable",
  wasSent,
});

/** Votes should not wait behind forwarded operations, which take several rounds. */
type Lane = "vote" | "execute";

/** Nobody is called ahead: a link is made for its first request, and goes with its layout. */
export function createPeers(given: PeersParts): Peers {
  const parts: Parts = { ...given, processes: new Map() };
  const { suspicion } = parts;
  // Links live as long as their layout: a batch is of one epoch.
  const linksOf = new WeakMap<Layout, Map<string, Batcher>>();

  function linkTo(layout: Layout, member: Member, lane: Lane): Batcher {
    const links = linksOf.get(layout) ?? new Map<string, Batcher>();
    linksOf.set(layout, links);
    const id = `${lane} ${member.id}`;
    const known = links.get(id);
    if (known) return known;
    const timeoutMs =
      lane === "vote" ? parts.callTimeoutMs : parts.executeTimeoutMs;
    const link = createBatcher({
      concurrencyMax: lane === "vote" ? 2 : 4,
      send: (requests) =>
        suspicion.isSuspected(member.id)
          ? Promise.resolve(requests.map(() => unreachable(false)))
          : sendBatch(parts, { layout, member }, requests, timeoutMs),
    });
    links.set(id, link);
    return link;
  }

  return {
    suspicion,
    send(layout, to, request) {
      const member = memberOf(layout, to);
      if (!member || suspicion.isSuspected(to))
        return Promise.resolve(unreachable(false));
      const lane = request.kind === "execute" ? "execute" : "vote";
      return linkTo(layout, member, lane).add(request);
    },
    async sendDirectly(target, request, timeoutMs = parts.callTimeoutMs) {
      const outcomes = await sendBatch(parts, target, [request], timeoutMs);
      return outcomes[0] ?? unreachable(true);
    },
  };
}

async function sendBatch(
  parts: Parts,
  target: Target,
  requests: readonly PeerRequest[],
  timeoutMs: number,
): Promise<readonly PeerOutcome[]> {
  const all = (outcome: PeerOutcome) => requests.map(() => outcome);
  const answer = await exchange(parts, target, requests, timeoutMs);
  switch (answer.kind) {
    case "replies":
      return answer.replies.length === requests.length
        ? answer.replies.map((reply) =>
            reply.kind === "unreadable" ? unreachable(true) : reply,
          )
        : all(unreachable(true));
    case "stale":
      await adoptNewer(parts, answer.layout);
      return all(stale);
    case "behind":
    case "other-process":
      return all(unreachable(false));
    case "failed":
      if (!isBatchAtFault(answer)) return all(unreachable(answer.wasSent));
      if (requests.length > 1)
        return sendHalves(parts, target, requests, timeoutMs);
      parts.log.error("a member cannot take a message", {
        member: target.member.name,
        request: requests[0]?.kind,
        code: answer.code,
      });
      return all(unreachable(false));
  }
}

/** One request that its receiver cannot take must not keep the others back: they are parted until it is alone. */
async function sendHalves(
  parts: Parts,
  target: Target,
  requests: readonly PeerRequest[],
  timeoutMs: number,
): Promise<readonly PeerOutcome[]> {
  const middle = Math.ceil(requests.length / 2);
  const first = requests.slice(0, middle);
  const second = requests.slice(middle);
  return [
    ...(await sendBatch(parts, target, first, timeoutMs)),
    ...(await sendBatch(parts, target, second, timeoutMs)),
  ];
}

/** Sends a batch, and once more each with what the peer has to know before it can execute anything. */
async function exchange(
  parts: Parts,
  { layout, member }: Target,
  requests: readonly PeerRequest[],
  timeoutMs: number,
): Promise<ReceivedAnswer | FailedCall> {
  const { ringId, epoch } = layout;
  const batch = { ringId, epoch, to: member.id, requests };
  const process = parts.processes.get(member.id);
  const send = (more: Partial<PeerBatch>) =>
    call(parts, member, encodeBatch({ ...batch, ...more }), timeoutMs);
  let answer = await send(process === undefined ? {} : { process });
  if (answer.kind === "behind") answer = await send({ layout });
  if (answer.kind === "other-process") {
    parts.processes.set(member.id, answer.process);
    answer = await send({ process: answer.process });
  }
  return answer;
}

/** A disk that fails here is no failure of the peer: the layout comes again with the next answer. */
async function adoptNewer(parts: Parts, layout: Layout): Promise<void> {
  try {
    await parts.adopt(layout);
  } catch (error) {
    parts.log.error("a newer layout could not be stored", {
      error: String(error),
    });
  }
}

interface FailedCall {
  readonly kind: "failed";
  /** False: the peer certainly has executed nothing. */
  readonly wasSent: boolean;
  /** Of the peer's refusal; absent when it gave none. */
  readonly code?: string;
}

/** The peer understood who speaks, but not what was said. */
function isBatchAtFault({ code }: FailedCall): boolean {
  return code === "malformed_message" || code === "value_too_large";
}

async function call(
  { transport, suspicion, log, clock, meter }: PeersParts,
  member: Member,
  body: Uint8Array,
  timeoutMs: number,
): Promise<ReceivedAnswer | FailedCall> {
  const startedAt = clock.now();
  const result = await transport.call(member.url, body, timeoutMs);
  meter.peerCall(result.kind, clock.now() - startedAt);
  const answer = answerOf(result);
  if (answer.kind !== "failed" || isBatchAtFault(answer)) {
    suspicion.answered(member.id);
    return answer;
  }
  if (isAnother(answer)) {
    suspicion.displaced(member.id);
    return answer;
  }
  if (!suspicion.hasFailed(member.id))
    log.warn("a member does not answer", {
      member: member.name,
      reason: result.kind === "answer" ? "not understood" : result.reason,
    });
  suspicion.failed(member.id);
  return answer;
}

/** A node lives there, but not this member of this ring: for this ring the member is as good as dead. */
function isAnother({ code }: FailedCall): boolean {
  return code === "wrong_target";
}

function answerOf(result: TransportResult): ReceivedAnswer | FailedCall {
  if (result.kind === "answer")
    return decodeAnswer(result.body) ?? { kind: "failed", wasSent: true };
  if (result.kind === "unknown") return { kind: "failed", wasSent: true };
  const { code } = result;
  return {
    kind: "failed",
    wasSent: false,
    ...(code !== undefined && { code }),
  };
}
