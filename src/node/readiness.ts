/** Whether this node should be sent requests: from what it knows already, without a call to anybody. */
import { fail, ok, type Result } from "../core/errors.ts";
import type { Ring } from "./ring.ts";
import type { StoreWatch } from "./store-watch.ts";
import type { Suspicion } from "./suspicion.ts";

/** What the node knows without asking anybody. */
export interface ReadinessParts {
  readonly ring: Ring;
  readonly suspicion: Pick<Suspicion, "hasFailed">;
  readonly ailment: StoreWatch["ailment"];
  /** Whether the node takes new operations. */
  readonly isOpen: () => boolean;
}

/** Why it should not: it shuts down, is no member, has a store that fails, or does not hear a majority of the members. */
export function createReadiness(
  parts: ReadinessParts,
): () => Result<undefined> {
  const { ring, suspicion, ailment, isOpen } = parts;
  return () => {
    if (!isOpen()) return shuttingDown;
    if (!ring.isMember() && !ring.state().isLeaving) return notMember;
    if (ailment()) return storeFailed;
    const { members } = ring.layout();
    const heard = members.filter(
      ({ id }) => id === ring.memberId() || !suspicion.hasFailed(id),
    );
    // A majority of members is no majority of every key's replicas, but whoever hears fewer serves hardly any key.
    return 2 * heard.length > members.length ? ready : noMajority;
  };
}

const ready = ok(undefined);
/** What a node that drains answers. */
export const shuttingDown = fail(
  "shutting_down",
  "This node is shutting down.",
);
const notMember = fail("not_a_member", "This node is in no ring.");
const storeFailed = fail("store_failed", "This node's store fails.");
const noMajority = fail("no_quorum", "Most members do not answer this node.");
