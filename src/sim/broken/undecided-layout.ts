/** Broken: a node acts by a layout as soon as it has accepted the proposal, whatever is decided in the end. */
import { decodeLayout } from "../../core/layout-codec.ts";
import * as real from "../../node/peer-handler.ts";

export * from "../../node/peer-handler.ts";

/** Adopts every layout that its replica accepts in the system register. */
export function createPeerHandler(
  parts: real.PeerHandlerParts,
): real.PeerHandler {
  const { replica, ring } = parts;
  return real.createPeerHandler({
    ...parts,
    replica: {
      ...replica,
      async handle(standing, request) {
        const reply = await replica.handle(standing, request);
        if (
          request.kind === "accept" &&
          request.area === "system" &&
          reply.kind === "accepted"
        ) {
          const layout = decodeLayout(request.entry.value ?? new Uint8Array());
          // Not awaited: the caller is inside the gate that this waits for.
          if (layout) void ring.adopt(layout);
        }
        return reply;
      },
    },
  });
}
