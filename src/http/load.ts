/** How much a node takes on at once: beyond it a request is turned away before its body is read. */
import {
  bodyBytesHeldMax,
  bulkBytesHeldMax,
  bulkOperationsMax,
  bulkRequestBytesMax,
  bulkRequestOperationsMax,
  clientRequestsMax,
  peerMessagesMax,
} from "../core/limits.ts";
import type { Guard } from "./access.ts";
import type { LineLimits } from "./line-stream.ts";
import { overloaded, problem } from "./problem.ts";
import type { Room } from "./room.ts";

/** What requests of one kind may have under way at a node; one more is answered `overloaded`. */
interface LoadLimits {
  readonly requestsMax: number;
  /** Of all their bodies together; one that is larger is taken when no other is held. */
  readonly bodyBytesMax: number;
}

/** What bulk requests, and listings with values, may have under way. */
export interface BulkLimits {
  /** Each of them. */
  readonly request: LineLimits;
  /** All together. */
  readonly node: LineLimits;
}

/** The limits, and what is left of the node's. */
export interface BulkRoom {
  readonly limits: BulkLimits;
  readonly room: Room;
}

/** Of clients' requests about keys, of peers' messages, and of operations in bulk. */
export interface NodeLoad {
  readonly clients: LoadLimits;
  readonly peers: LoadLimits;
  readonly bulk: BulkLimits;
}

/** What a node takes on where `AppOptions.load` says nothing else; src/core/limits.ts has the reasons. */
export const loadLimits: NodeLoad = {
  clients: { requestsMax: clientRequestsMax, bodyBytesMax: bodyBytesHeldMax },
  peers: { requestsMax: peerMessagesMax, bodyBytesMax: bodyBytesHeldMax },
  bulk: {
    request: {
      operationsMax: bulkRequestOperationsMax,
      bytesMax: bulkRequestBytesMax,
    },
    node: { operationsMax: bulkOperationsMax, bytesMax: bulkBytesHeldMax },
  },
};

interface Load {
  /** Makes room for a request; gives what lets go of it again, once. Absent when there is no room. */
  take(bodyBytes: number): (() => void) | undefined;
}

/** Lets requests pass while there is room for them; `bodyBytesMax` is what one of them may bring. */
export function loadGuard(
  limits: LoadLimits,
  bodyBytesMax: () => number,
): Guard {
  const load = createLoad(limits);
  return (handler) => async (request, grant) => {
    const release = load.take(bodyBytesOf(request, bodyBytesMax()));
    if (!release) return problem(overloaded);
    let ended: Promise<void> | undefined;
    try {
      const answer = await handler(request, grant);
      ended = answer.ended;
      return answer;
    } finally {
      if (ended) void ended.then(release);
      else release();
    }
  };
}

/** Nothing is under way at first. A body that is larger than all the room there is waits for nobody: it comes alone. */
function createLoad({ requestsMax, bodyBytesMax }: LoadLimits): Load {
  let requestCount = 0;
  let heldBytes = 0;
  return {
    take(bodyBytes) {
      const isFull =
        requestCount >= requestsMax ||
        (heldBytes > 0 && heldBytes + bodyBytes > bodyBytesMax);
      if (isFull) return undefined;
      requestCount++;
      heldBytes += bodyBytes;
      return () => {
        requestCount--;
        heldBytes -= bodyBytes;
      };
    },
  };
}

/**
 * The bytes that reading the request's body may take: those it announces, or `bytesMax` when it does not say. One that
 * announces more is refused by whoever reads it, and takes none.
 */
function bodyBytesOf({ method, headers }: Request, bytesMax: number): number {
  if (method !== "PUT" && method !== "POST" && method !== "PATCH") return 0;
  const announced = headers.get("content-length");
  if (announced === null) return bytesMax;
  const bytes = Number(announced);
  return bytes > 0 && bytes <= bytesMax ? bytes : 0;
}
