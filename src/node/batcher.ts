/** Requests that wait for the same peer travel together: while batches are under way, the next ones gather. */
import type { Entry } from "../core/entry.ts";
import {
  batchBytesMax,
  batchOperationsMax,
  peerQueueMax,
} from "../core/limits.ts";
import type { PeerReply, PeerRequest } from "../core/message.ts";

/** How one request to a peer ended. */
export type PeerOutcome =
  | PeerReply
  /** `wasSent` false: the peer certainly has not executed it. */
  | { readonly kind: "unreachable"; readonly wasSent: boolean }
  /** The request's epoch is over: nothing was executed; the newer layout is stored here by now. */
  | { readonly kind: "stale" }
  /** Too many requests wait for this peer already: this one was not sent. */
  | { readonly kind: "overloaded" };

/** The requests to one member that wait for their turn. */
export interface Batcher {
  /** Never rejects. `overloaded`, at once, when `peerQueueMax` requests are waiting already. */
  add(request: PeerRequest): Promise<PeerOutcome>;
}

/** What a batch is sent with, and how many may be on their way. */
export interface BatcherOptions {
  /** Sends one batch; gives one outcome for each request, in order. Never rejects. */
  readonly send: (
    requests: readonly PeerRequest[],
  ) => Promise<readonly PeerOutcome[]>;
  /** Batches under way at once. One more hides the round trip; many would leave nothing to gather. */
  readonly concurrencyMax: number;
}

interface Waiting {
  readonly request: PeerRequest;
  readonly resolve: (outcome: PeerOutcome) => void;
}

/** A batch takes `batchOperationsMax` requests and about `batchBytesMax` bytes at most; one alone may be larger. */
export function createBatcher({
  send,
  concurrencyMax,
}: BatcherOptions): Batcher {
  let queue: Waiting[] = [];
  let underWayCount = 0;
  let isScheduled = false;

  function schedule(): void {
    if (isScheduled || queue.length === 0 || underWayCount >= concurrencyMax)
      return;
    isScheduled = true;
    // At the end of the current turn, so that requests made together in it share a batch.
    queueMicrotask(() => {
      isScheduled = false;
      if (queue.length > 0 && underWayCount < concurrencyMax) void flush();
    });
  }

  async function flush(): Promise<void> {
    const batch = takeBatch();
    underWayCount++;
    schedule();
    const outcomes = await send(batch.map(({ request }) => request));
    underWayCount--;
    batch.forEach(({ resolve }, index) => {
      resolve(outcomes[index] ?? { kind: "unreachable", wasSent: true });
    });
    schedule();
  }

  function takeBatch(): readonly Waiting[] {
    let bytes = 0;
    let count = 0;
    for (const { request } of queue) {
      bytes += estimatedBytes(request);
      if (count > 0 && (bytes > batchBytesMax || count >= batchOperationsMax))
        break;
      count++;
    }
    const batch = queue.slice(0, count);
    queue = queue.slice(count);
    return batch;
  }

  return {
    add: (request) =>
      new Promise((resolve) => {
        if (queue.length >= peerQueueMax)
          return resolve({ kind: "overloaded" });
        queue.push({ request, resolve });
        schedule();
      }),
  };
}

function entryBytes({ value, memory, metadata = "" }: Entry): number {
  return memory.byteLength + (value?.byteLength ?? 0) + metadata.length;
}

/** Close enough to bound a batch: keys and values, and some room for the rest. */
function estimatedBytes(request: PeerRequest): number {
  const overheadBytes = 512;
  if (request.kind === "accept" || request.kind === "merge")
    return overheadBytes + entryBytes(request.entry);
  if (request.kind === "changed")
    return overheadBytes * (1 + request.keys.length);
  if (request.kind !== "execute") return overheadBytes;
  const { operation } = request;
  if (operation.kind === "put")
    return overheadBytes + operation.value.byteLength;
  if (operation.kind === "import")
    return overheadBytes + (operation.entry.value?.byteLength ?? 0);
  return overheadBytes;
}
