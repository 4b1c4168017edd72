/** The replica: answers votes, reads and listings from the store. The caller is inside the epoch gate. */
import { ballotZero, epochStart, maxBallot } from "../core/ballot.ts";
import { fail } from "../core/errors.ts";
import { heldMs } from "../core/eventual.ts";
import { isEventual, type Layout, memberOf } from "../core/layout.ts";
import type { Address, PeerReply, PeerRequest } from "../core/message.ts";
import { accept, prepare, type Register } from "../core/register.ts";
import type { Clock, Log, Store } from "../ports.ts";
import { abstainFloor, abstainUnreadable } from "./abstain.ts";
import type { Floor, Floors } from "./floors.ts";
import type { LaterLooks } from "./later-looks.ts";
import { ofRing } from "./layout-register.ts";
import { mergeState } from "./merge.ts";
import type { OutsideAccepts } from "./outside-accepts.ts";
import { placeOf, registerOf, type Standing } from "./place.ts";
import { recordOf } from "./register-record.ts";
import { digests, listPage } from "./replica-listing.ts";
import type { Schedule } from "./schedule.ts";
import type { Spans } from "./spans.ts";
import type { StickyBallots } from "./sticky-ballots.ts";
import { collectTombstone } from "./tombstone.ts";
import type { Unreadable } from "./unreadable.ts";
import type { WatchedKeys } from "./watched-keys.ts";

/** Requests that a replica answers from its store alone, and only at its own epoch. */
export type ReplicaRequest = Extract<
  PeerRequest,
  {
    kind:
      | "prepare"
      | "accept"
      | "read"
      | "merge"
      | "list"
      | "digest"
      | "collect"
      | "inherit";
  }
>;

/** The durable state that votes are made from, and who has to learn of one. */
export interface ReplicaParts {
  readonly store: Store;
  readonly clock: Pick<Clock, "now">;
  readonly floors: Floors;
  readonly log: Log;
  readonly spans: Spans;
  /** Learns when a partition next holds something to expire or to collect. */
  readonly schedule: Schedule;
  readonly unreadable: Unreadable;
  readonly outsideAccepts: OutsideAccepts;
  readonly sticky: Pick<StickyBallots, "met">;
  readonly laterLooks: LaterLooks;
  readonly watchedKeys: WatchedKeys;
  /** Called when a layout was accepted here: should nobody decide it, a tick has to. */
  readonly onProposal: () => void;
}

/** This node's vote. Neither method rejects: a store that fails makes the replica abstain. */
export interface Replica {
  handle(standing: Standing, request: ReplicaRequest): Promise<PeerReply>;
  /** The bytes of the record that this replica has of the register; 0 when it has none to give. */
  sizeOf(standing: Standing, address: Address): Promise<number>;
}

/** Has no state of its own: votes on one key are kept apart by `Store.update`. */
export function createReplica(parts: ReplicaParts): Replica {
  return {
    async handle(standing, request) {
      // Known only here: every ring has its own number of partitions.
      if (!isOfRing(standing.layout, request)) return malformed;
      try {
        const traceparent =
          "traceparent" in request ? request.traceparent : undefined;
        return traceparent === undefined
          ? await answer(parts, standing, request)
          : await parts.spans.during(
              "a vote was asked for",
              traceparent,
              async () => answer(parts, standing, request),
            );
      } catch (error) {
        // Nothing was acknowledged, and the others may go on without this vote: the disk failed, as a rule.
        const isDefect = error instanceof TypeError;
        parts.log.error(isDefect ? "a vote met a defect" : "the store failed", {
          error: String(error),
        });
        return { kind: "abstained", reason: "store-failed" };
      }
    },
    async sizeOf(standing, address) {
      const place = placeOf(standing, address);
      if (!place) return 0;
      const stored = await parts.store
        .read(place.bucket, address.key)
        .catch(() => undefined);
      return stored?.kind === "record" ? stored.bytes.byteLength : 0;
    },
  };
}

const malformed: PeerReply = {
  kind: "error",
  error: fail("malformed_message", "The ring has no such partition.").error,
};

function isOfRing({ table }: Layout, request: ReplicaRequest): boolean {
  switch (request.kind) {
    case "list":
    case "inherit":
      return request.partition < table.length;
    case "digest":
      return request.partitions.every((each) => each < table.length);
    default:
      return true;
  }
}

function answer(
  parts: ReplicaParts,
  standing: Standing,
  request: ReplicaRequest,
): Promise<PeerReply> | PeerReply {
  switch (request.kind) {
    case "prepare":
    case "accept":
    case "read":
      return answerRegister(parts, standing, request);
    case "merge":
      return mergeState(parts, standing, request);
    case "list":
      return listPage(parts, standing, request);
    case "digest":
      return digests(parts, standing, request.partitions);
    case "collect":
      return collectTombstone(parts, standing, request);
    case "inherit":
      return inherit(parts, standing, request);
  }
}

/** A new replica has to refuse imports that the partition deleted before it came. */
async function inherit(
  parts: ReplicaParts,
  { space }: Standing,
  { partition, collectedAt }: Extract<ReplicaRequest, { kind: "inherit" }>,
): Promise<PeerReply> {
  const { floors } = parts;
  await floors.load(space, partition);
  if (!floors.get(space, partition))
    return abstainFloor(parts, space, partition);
  await floors.raise(space, partition, { ballot: ballotZero, collectedAt });
  return { kind: "inherited" };
}

async function answerRegister(
  parts: ReplicaParts,
  standing: Standing,
  request: Extract<ReplicaRequest, Address>,
): Promise<PeerReply> {
  const place = placeOf(standing, request);
  if (!place) return { kind: "abstained", reason: "not-replica" };
  const { bucket, since, partition } = place;
  const { space, layout } = standing;

  if (request.kind === "read") {
    const { key, watcher } = request;
    // Before the record is looked at: what is taken afterwards is told.
    const isWatched = watcher !== undefined && partition !== undefined;
    if (isWatched && memberOf(layout, watcher))
      parts.watchedKeys.watch(key, watcher);
    const found = registerOf(
      await parts.store.read(bucket, request.key),
      since,
    );
    if (!found) return abstainUnreadable(parts, standing, request);
    const { accepted, entry } = found;
    if (!entry && isEventual(layout))
      return absentState(parts, standing, partition);
    if (request.withEntry)
      return { kind: "state", accepted, ...(entry && { entry }) };
    const held = isEventual(layout) && {
      heldMs: heldMs(found, parts.clock.now()),
    };
    return { kind: "state", accepted, ...held };
  }

  // A replica takes only ballots of its own epoch; the caller holds the epoch still until the write is durable.
  if (request.ballot.epoch !== layout.epoch)
    return { kind: "refused", promised: epochStart(layout.epoch) };
  if (partition !== undefined) await parts.floors.load(space, partition);
  const noteDue = () => {
    if (request.kind === "accept" && partition !== undefined)
      parts.schedule.note(partition, request.entry);
  };
  const update = parts.store.update<PeerReply | undefined>(
    bucket,
    request.key,
    (stored) => {
      const found = registerOf(stored, since);
      const floor = floorOf(parts.floors, space, partition);
      if (!found || !floor) return { result: undefined };
      const isLayout = request.area === "system";
      const register = isLayout ? ofRing(found, layout.ringId) : found;
      const least = maxBallot(epochStart(layout.epoch), floor.ballot);
      if (request.kind === "prepare") {
        const step = prepare(register, request.ballot, least);
        const result: PeerReply =
          step.reply.kind === "promised"
            ? {
                ...step.reply,
                floor: floor.ballot,
                collectedAt: floor.collectedAt,
              }
            : step.reply;
        return withWrite(step.register, result);
      }
      const step = accept(register, request, least);
      return withWrite(step.register, step.reply);
    },
  );
  const reply = await update.catch((error: unknown) => {
    // What failed may be on the disk all the same, and a look too many finds nothing.
    noteDue();
    throw error;
  });
  if (!reply)
    return floorOf(parts.floors, space, partition)
      ? abstainUnreadable(parts, standing, request)
      : abstainFloor(parts, space, partition);
  if (request.area === "system" && reply.kind === "accepted")
    parts.onProposal();
  if (partition === undefined || reply.kind === "refused") return reply;
  parts.sticky.met(request.key, request.ballot);
  if (request.kind === "accept" && reply.kind === "accepted") {
    noteDue();
    parts.watchedKeys.changed(request.key);
    if (request.outside) parts.outsideAccepts.note(partition);
  }
  return reply;
}

/** Who writes the key, or imports it, has to know how new a tombstone of its may be gone. */
async function absentState(
  { floors }: ReplicaParts,
  { space }: Standing,
  partition: number | undefined,
): Promise<PeerReply> {
  if (partition !== undefined) await floors.load(space, partition);
  const collectedAt = floorOf(floors, space, partition)?.collectedAt ?? 0;
  return {
    kind: "state",
    accepted: ballotZero,
    ...(collectedAt > 0 && { collectedAt }),
  };
}

function withWrite(register: Register | undefined, result: PeerReply) {
  return register ? { write: recordOf(register), result } : { result };
}

function floorOf(
  floors: Floors,
  space: number,
  partition: number | undefined,
): Floor | undefined {
  return partition === undefined ? noFloor : floors.get(space, partition);
}
const noFloor: Floor = { ballot: epochStart(0), collectedAt: 0 };
