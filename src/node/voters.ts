/** Asks the replicas of a layout, this node among them, all in the same way. */
import type { Layout } from "../core/layout.ts";
import { batchOperationsMax } from "../core/limits.ts";
import type { Abstainers } from "./abstainers.ts";
import type { PeerOutcome } from "./batcher.ts";
import type { Peers } from "./peers.ts";
import type { Replica, ReplicaRequest } from "./replica.ts";
import type { Ring } from "./ring.ts";

/** The one way to votes: whoever asks need not know which replica is its own. */
export interface Voters {
  /**
   * Never rejects. `stale` when the node is past `layout`; `not-replica` from this node when it is on its way to
   * another ring, but for reads and listings.
   */
  ask(
    layout: Layout,
    id: string,
    request: ReplicaRequest,
  ): Promise<PeerOutcome>;
}

/** Answers of `later` are asked for again here, and a member whose store failed is noted. */
export function createVoters(parts: {
  readonly ring: Ring;
  readonly replica: Replica;
  readonly peers: Peers;
  readonly abstainers: Pick<Abstainers, "note">;
}): Voters {
  const { ring, replica, peers, abstainers } = parts;

  /** What did not fit in an answer is asked for again: each answer holds one of those that wait for it at least. */
  async function askPeer(
    ...message: Parameters<Voters["ask"]>
  ): Promise<PeerOutcome> {
    const [, id] = message;
    let outcome = await peers.send(...message);
    for (let tries = 1; tries < batchOperationsMax; tries++) {
      if (outcome.kind !== "abstained" || outcome.reason !== "later") break;
      outcome = await peers.send(...message);
    }
    if (outcome.kind === "abstained" && outcome.reason === "store-failed")
      abstainers.note(id);
    return outcome;
  }

  return {
    ask(layout, id, request) {
      if (id !== ring.memberId()) return askPeer(layout, id, request);
      return ring.gate.shared(async () => {
        const current = ring.layout();
        if (current.ringId !== layout.ringId || current.epoch !== layout.epoch)
          return { kind: "stale" };
        // A node that has asked to join another ring has durably stopped the writes of its own.
        if (
          ring.state().joining &&
          request.kind !== "read" &&
          request.kind !== "list"
        )
          return { kind: "abstained", reason: "not-replica" };
        return replica.handle(
          { layout: current, memberId: id, space: ring.space() },
          request,
        );
      });
    },
  };
}
