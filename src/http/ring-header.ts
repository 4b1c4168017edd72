/** `ringwalk-ring`: which ring an answer comes from, and which one a request is meant for. */
import type { RingNode } from "../node/api.ts";
import type { Guard } from "./access.ts";
import type { Answer } from "./answer.ts";
import { problem } from "./problem.ts";

const ringHeader = "ringwalk-ring";

/**
 * Names the node's ring in each answer, and refuses requests that name another one: a node that left its ring goes on
 * to serve, alone, and would take writes that its callers mean for the ring. A ring that went on in this one, with all
 * of its keys, is as good as this one (docs/decisions/0018).
 */
export function ringGuard(node: Pick<RingNode, "identity">): Guard {
  return (handler) => async (request) => {
    const { ringId, succeededIds } = node.identity();
    const wanted = request.headers.get(ringHeader);
    const isServed =
      wanted === null || wanted === ringId || succeededIds.includes(wanted);
    if (!isServed) return named(refusal(node), ringId);
    const answer = await handler(request);
    // Where the ring changed meanwhile, nobody can tell which one the answer is of.
    return node.identity().ringId === ringId ? named(answer, ringId) : answer;
  };
}

function named(answer: Answer, ringId: string): Answer {
  return { ...answer, headers: { ...answer.headers, [ringHeader]: ringId } };
}

function refusal(node: Pick<RingNode, "identity">): Answer {
  const { ringId, leftRingId } = node.identity();
  return problem({
    code: "wrong_ring",
    message: `This node is in another ring, ${ringId}; nothing was done. Ask a node of the ring that the request names.`,
    details: { ringId, ...(leftRingId !== undefined && { leftRingId }) },
  });
}
