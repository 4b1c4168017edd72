/** How much a node takes on at once: beyond it a request is turned away before its body is read. */
import { fail } from "../core/errors.ts";
import {
  bodyBytesHeldMax,
  clientRequestsMax,
  peerMessagesMax,
} from "../core/limits.ts";
import type { Guard } from "./access.ts";
import { problem } from "./problem.ts";

export interface LoadLimits {
  readonly requestsMax: number;
  readonly bodyBytesMax: number;
}

/** Of clients' requests about keys, and of peers' messages. */
export const loadLimits: Readonly<Record<"clients" | "peers", LoadLimits>> = {
  clients: { requestsMax: clientRequestsMax, bodyBytesMax: bodyBytesHeldMax },
  peers: { requestsMax: peerMessagesMax, bodyBytesMax: bodyBytesHeldMax },
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
  return (handler) => async (request) => {
    const release = load.take(bodyBytesOf(request, bodyBytesMax()));
    if (!release) return problem(overloaded);
    try {
      return await handler(request);
    } finally {
      release();
    }
  };
}

const { error: overloaded } = fail(
  "overloaded",
  "This node has as many requests under way as it takes; nothing was applied. Try again later, or ask another node.",
);

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
