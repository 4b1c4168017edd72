/** Broken: votes of an epoch that is over for this node are answered as if it were not. */
import type { PeerRequest } from "../../core/message.ts";
import { decodeBatch } from "../../core/message-codec.ts";
import * as real from "../../node/peer-handler.ts";
import { atEpoch } from "./spoofed-epoch.ts";

export * from "../../node/peer-handler.ts";

/** Answers a batch of votes of an epoch that is over as if it were the epoch still. */
export function createPeerHandler(
  parts: real.PeerHandlerParts,
): real.PeerHandler {
  const handler = real.createPeerHandler(parts);
  return {
    handle(body) {
      const batch = decodeBatch(body);
      const { ringId, epoch } = parts.ring.layout();
      const isLate = batch?.ringId === ringId && batch.epoch < epoch;
      if (!batch || !isLate || !batch.requests.every(isVote))
        return handler.handle(body);
      const ring = atEpoch(parts.ring, batch.epoch);
      return real.createPeerHandler({ ...parts, ring }).handle(body);
    },
  };
}

function isVote({ kind }: PeerRequest): boolean {
  return kind === "prepare" || kind === "accept" || kind === "read";
}
