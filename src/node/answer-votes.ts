/** Answers the votes of one batch within the size of one message: what does not fit is left for another time, undone. */
import {
  batchBytesMax,
  messageBytesMax,
  valueBytesDefault,
} from "../core/limits.ts";
import type { PeerReply } from "../core/message.ts";
import { mapLimited } from "./limited.ts";
import type { Standing } from "./place.ts";
import type { Replica, ReplicaRequest } from "./replica.ts";

const later: PeerReply = { kind: "abstained", reason: "later" };

/** An entry's revision and times, a listed key's ballot. */
const overheadBytes = 512;

/**
 * Gives one reply for each request, in order. Replies with values take `batchBytesMax` together, or are one alone; the
 * others say `later`, and nothing was done for them: a promise that its proposer does not hear of would be in its way.
 */
export async function answerVotes(
  replica: Replica,
  standing: Standing,
  requests: readonly ReplicaRequest[],
): Promise<readonly PeerReply[]> {
  const handle = (request: ReplicaRequest) => replica.handle(standing, request);
  const { settings } = standing.layout;
  // An import may have brought a value that is larger than the ring's own limit.
  const valueBytes = Math.max(settings.valueBytesMax, valueBytesDefault);
  const count = requests.filter(bringsMuch).length;
  if (count <= Math.max(1, batchBytesMax / valueBytes))
    return Promise.all(requests.map(handle));

  // So many values are held at once, whatever they are.
  const countMax = Math.max(1, Math.floor(answerBytesMax / valueBytes));
  const room = createRoom();
  const sizeOf = (request: Prepare) => replica.sizeOf(standing, request);
  const prepares = requests.filter(isPrepare);
  const admitted = await admit(prepares, sizeOf, countMax, room);
  // A read may be done in vain.
  const readings = requests.filter(isReading);
  const read = mapLimited(readings, countMax, async (request) => {
    if (room.isFull()) return later;
    const reply = await handle(request);
    return room.takes(bytesOf(reply)) ? reply : later;
  });
  const others = Promise.all(
    requests.map((request) => {
      if (isReading(request)) return undefined;
      const isLeft = isPrepare(request) && !admitted.has(request);
      return isLeft ? later : handle(request);
    }),
  );
  const ofReadings = (await read).values();
  return (await others).map(
    (reply) => reply ?? ofReadings.next().value ?? later,
  );
}

/** A prepare is done or not done, so what its reply will take has to be known before. */
async function admit(
  prepares: readonly Prepare[],
  sizeOf: (request: Prepare) => Promise<number>,
  countMax: number,
  room: Room,
): Promise<ReadonlySet<ReplicaRequest>> {
  const admitted = new Set<ReplicaRequest>();
  for (let at = 0; at < prepares.length && !room.isFull(); ) {
    // The first one alone: a single large value fills the answer.
    const some = prepares.slice(at, at === 0 ? 1 : at + countMax);
    at += some.length;
    const sizes = await Promise.all(some.map(sizeOf));
    some.forEach((request, index) => {
      if (room.takes((sizes[index] ?? 0) + overheadBytes))
        admitted.add(request);
    });
  }
  return admitted;
}

/** What an answer has room for. Once something did not fit, nothing behind it does: the first ones come first. */
interface Room {
  takes(bytes: number): boolean;
  isFull(): boolean;
}

function createRoom(): Room {
  let taken = 0;
  let isFull = false;
  return {
    isFull: () => isFull,
    takes(bytes) {
      const fits = !isFull && (taken === 0 || taken + bytes <= batchBytesMax);
      if (fits) taken += bytes;
      isFull = !fits || taken >= batchBytesMax;
      return fits;
    },
  };
}

/** What an answer may take in values, with room for what it holds beside them. */
const answerBytesMax = messageBytesMax - batchBytesMax;

type Prepare = Extract<ReplicaRequest, { kind: "prepare" }>;

function isPrepare(request: ReplicaRequest): request is Prepare {
  return request.kind === "prepare";
}

/** Whether the reply may hold a value, or a page of keys. */
function bringsMuch(request: ReplicaRequest): boolean {
  return isPrepare(request) || isReading(request);
}

function isReading(request: ReplicaRequest): boolean {
  return request.kind === "read" ? request.withEntry : request.kind === "list";
}

function bytesOf(reply: PeerReply): number {
  if (reply.kind === "state") {
    const { value, memory } = reply.entry ?? {};
    return overheadBytes + (value?.byteLength ?? 0) + (memory?.byteLength ?? 0);
  }
  if (reply.kind !== "page") return 0;
  return reply.keys.reduce(
    (sum, { key, name }) => sum + overheadBytes + key.length + name.length,
    0,
  );
}
