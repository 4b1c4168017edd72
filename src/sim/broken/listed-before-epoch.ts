/** Broken: keys are listed for a copy by a node that has not stored the copy's epoch, and still takes writes of its own. */
import { decodeBatch } from "../../core/message-codec.ts";
import * as real from "../../node/peer-handler.ts";

export * from "../../node/peer-handler.ts";

export function createPeerHandler(
  parts: real.PeerHandlerParts,
): real.PeerHandler {
  const handler = real.createPeerHandler(parts);
  return {
    handle(body) {
      const batch = decodeBatch(body);
      const layout = parts.ring.layout();
      const isEarly =
        batch?.ringId === layout.ringId && batch.epoch > layout.epoch;
      if (
        !batch ||
        !isEarly ||
        batch.requests.some(({ kind }) => kind !== "list")
      )
        return handler.handle(body);
      const spoofed = { ...layout, epoch: batch.epoch };
      const ring = { ...parts.ring, layout: () => spoofed };
      return real.createPeerHandler({ ...parts, ring }).handle(body);
    },
  };
}
