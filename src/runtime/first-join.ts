/** How a node on a platform without a start command gets into its ring: once, by itself, in its first life. */
import type { RingNode } from "../node/api.ts";
import type { Clock, Log } from "../ports.ts";

export interface FirstJoinParts {
  readonly node: Pick<RingNode, "join" | "status" | "identity">;
  /** Urls of nodes of the ring; none: it founds its own. */
  readonly urls: readonly string[];
  /** Whether it has joined, or had no need to; it is not told to do so again after it has left. */
  readonly isDone: () => boolean;
  readonly markDone: () => void;
  readonly clock: Clock;
  readonly log: Log;
}

const retryMsMin = 500;
const retryMsMax = 30_000;

/** Resolves once the node needs to join nobody any more; tries until then, more and more seldom. */
export async function joinFirst(parts: FirstJoinParts): Promise<void> {
  const { node, urls, clock, log } = parts;
  for (let retryMs = retryMsMin; !parts.isDone(); ) {
    const isAlone = node.status().members.length === 1;
    const hasLeft = node.identity().leftRingId !== undefined;
    if (urls.length === 0 || !isAlone || hasLeft) break;
    const joined = await node.join({ urls });
    if (joined.ok) break;
    const { code, message } = joined.error;
    log.warn("the join is tried again", { code, reason: message });
    await new Promise<void>((resolve) => clock.timer(retryMs, resolve));
    retryMs = Math.min(2 * retryMs, retryMsMax);
  }
  if (!parts.isDone()) parts.markDone();
}
