/** Broken: keys are listed for a copy by a node that has not stored the copy's epoch, and still takes writes of its own. */
import { decodeBatch } from "../../core/message-codec.ts";
import * as real from "../../node/peer-handler.ts";
import { atEpoch } from "./spoofed-epoch.ts";

export * from "../../node/peer-handler.ts";

/** Answers a batch that does nothing but list, of an epoch still to come, as if that were stored. */
export function createPeerHandler(
  parts: real.PeerHandlerParts,
): real.PeerHandler {
  const handler = real.createPeerHandler(parts);
  return {
    handle(body) {
      const batch = decodeBatch(body);
      const { ringId, epoch } = parts.ring.layout();
      const isEarly = batch?.ringId === ringId && batch.epoch > epoch;
      if (
        !batch ||
        !isEarly ||
        batch.requests.some(({ kind }) => kind !== "list")
      )
        return handler.handle(body);
      const ring = atEpoch(parts.ring, batch.epoch);
      return real.createPeerHandler({ ...parts, ring }).handle(body);
    },
  };
}
