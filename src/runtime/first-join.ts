/** How a node on a platform without a start command gets into its ring: once, by itself, in its first life. */
import type { RingNode } from "../node/api.ts";
import type { Clock, Log, Random } from "../ports.ts";

/** The node, the ring that it should come into, and a note of its success that outlives its process. */
export interface FirstJoinParts {
  readonly node: Pick<RingNode, "join" | "status" | "identity">;
  /** Urls of nodes of the ring; none: it founds its own. */
  readonly urls: readonly string[];
  /** Whether it has joined, or had no need to; it is not told to do so again after it has left. */
  readonly isDone: () => boolean;
  /** Called once, when `isDone` is to say so from then on. */
  readonly markDone: () => void;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
}

const retryMsMin = 500;
const retryMsMax = 30_000;

/** Resolves once the node needs to join nobody any more; tries until then, more and more seldom. */
export async function joinFirst(parts: FirstJoinParts): Promise<void> {
  const { node, urls, clock, random, log } = parts;
  for (let retryMs = retryMsMin; !parts.isDone(); ) {
    const isAlone = node.status().members.length === 1;
    const hasLeft = node.identity().leftRingId !== undefined;
    if (urls.length === 0 || !isAlone || hasLeft) break;
    const joined = await node.join({ urls });
    if (joined.ok) break;
    const { code, message } = joined.error;
    log.warn("the join is tried again", { code, reason: message });
    // Two that each join the other give up together; only one of them may be first with its next try.
    const pauseMs = retryMs * (1 + random.fraction());
    await new Promise<void>((resolve) => clock.timer(pauseMs, resolve));
    retryMs = Math.min(2 * retryMs, retryMsMax);
  }
  if (!parts.isDone()) parts.markDone();
}
