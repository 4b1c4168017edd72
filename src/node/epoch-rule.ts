/** The epoch rule (docs/PROTOCOL.md, section 4): whether a peer's message is for this node, in its ring, at its epoch. */
import { fail, ok, type Result } from "../core/errors.ts";
import type { Layout } from "../core/layout.ts";
import type { PeerAnswer, PeerBatch, PeerReply } from "../core/message.ts";
import type { Ring } from "./ring.ts";

/** Where the node stands, and what of a message may move it from there. */
export interface EntryParts {
  readonly ring: Ring;
  readonly switchTo: (layout: Layout) => Promise<boolean>;
  /** Goes along with an operator's force; false when this node does not. */
  readonly follow: (layout: Layout, replacedRingId: string) => Promise<boolean>;
  /** The name of this process: what it remembers of executions ends with it. */
  readonly process: string;
}

function wrongTarget() {
  return fail(
    "wrong_target",
    "This node is not that member of that ring; nothing was executed.",
  );
}

/** The layout at which the requests are answered, or the answer that they have without being looked at. */
export interface Entered {
  readonly layout: Layout;
  readonly answer?: PeerAnswer;
}

/**
 * Stores the layout that the message brings, if it is newer, and gives the one at which its requests are to be answered. An
 * error: the message is meant for another, and nothing of it was executed.
 */
export async function enter(
  parts: EntryParts,
  batch: PeerBatch,
): Promise<Result<Entered>> {
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
  const isMine = () => isFor(ring, batch);
  if (
    isMine() &&
    batch.layout?.ringId === batch.ringId &&
    batch.layout.epoch === batch.epoch
  )
    await ring.adopt(batch.layout);
  const layout = ring.layout();
  // Looked at behind the await, as a force or a departure may have come first.
  if (!isMine())
    return isOutdatedHere(ring, batch)
      ? ended({ kind: "stale", layout })
      : wrongTarget();
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

function isFor(ring: Ring, { ringId, to }: PeerBatch): boolean {
  return ringId === ring.layout().ringId && to === ring.memberId();
}

/**
 * Meant for the member that was at this url before, as a sender says it that slept while it was replaced: it may know nobody
 * else, and learns from the layout who is there now.
 */
function isOutdatedHere(ring: Ring, { ringId, epoch }: PeerBatch): boolean {
  const layout = ring.layout();
  return ringId === layout.ringId && epoch < layout.epoch && ring.isMember();
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
  { ring, follow }: EntryParts,
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

/** The reply of one request that was refused. */
export function errorReply(...error: Parameters<typeof fail>): PeerReply {
  return { kind: "error", error: fail(...error).error };
}
