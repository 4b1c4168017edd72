/** `ringwalk-ring`: which ring an answer comes from, and which one a request is meant for. */
import type { RingError } from "../core/errors.ts";
import type { RingNode } from "../node/api.ts";
import type { Guard } from "./access.ts";
import type { Answer } from "./answer.ts";
import { problem } from "./problem.ts";

/** Carries a ring id; a request without it means whichever ring the node is in. */
export const ringHeader = "ringwalk-ring";

/**
 * Names the node's ring in each answer, and refuses requests that name another one: a node that left its ring goes on
 * to serve, alone, and would take writes that its callers mean for the ring.
 */
export function ringGuard(node: Pick<RingNode, "identity">): Guard {
  return (handler) => async (request, grant) => {
    const { ringId } = node.identity();
    const wanted = request.headers.get(ringHeader);
    if (wanted !== null && !servesRing(node, wanted))
      return named(problem(ringRefusal(node)), ringId);
    const answer = await handler(request, grant);
    // Where the ring changed meanwhile, nobody can tell which one the answer is of.
    return node.identity().ringId === ringId ? named(answer, ringId) : answer;
  };
}

/**
 * Whether the node serves who means the ring `wanted`: it is in it, or in one in which that ring went on, with all of its
 * keys (docs/decisions/0018).
 */
export function servesRing(
  node: Pick<RingNode, "identity">,
  wanted: string,
): boolean {
  const { ringId, succeededIds } = node.identity();
  return wanted === ringId || succeededIds.includes(wanted);
}

function named(answer: Answer, ringId: string): Answer {
  return { ...answer, headers: { ...answer.headers, [ringHeader]: ringId } };
}

/** What is said to who means another ring. */
export function ringRefusal(node: Pick<RingNode, "identity">): RingError {
  const { ringId, leftRingId } = node.identity();
  return {
    code: "wrong_ring",
    message: `This node is in another ring, ${ringId}; nothing was done. Ask a node of the ring that the request names.`,
    details: { ringId, ...(leftRingId !== undefined && { leftRingId }) },
  };
}
