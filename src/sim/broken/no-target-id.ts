/** Broken: whoever answers at a url answers for every member id of its ring. */
import { decodeBatch, encodeBatch } from "../../core/message-codec.ts";
import * as real from "../../node/peer-handler.ts";

export * from "../../node/peer-handler.ts";

/** Puts the id that this node has, or is about to have, into every batch, whomever that was for. */
export function createPeerHandler(
  parts: real.PeerHandlerParts,
): real.PeerHandler {
  const handler = real.createPeerHandler(parts);
  return {
    handle(body) {
      const batch = decodeBatch(body);
      const { joining, stay } = parts.ring.state();
      const to =
        joining?.ringId === batch?.ringId ? joining?.memberId : stay.memberId;
      return handler.handle(
        batch && to !== undefined ? encodeBatch({ ...batch, to }) : body,
      );
    },
  };
}
