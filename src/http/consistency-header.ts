/** Says of an answer that it promises less than linearizability. */
import type { Consistency, RingNode } from "../node/api.ts";

/** Whether the ring was founded as eventual. */
export function isEventualRing(node: RingNode): boolean {
  return node.settings().consistency === "eventual";
}

/** `ringwalk-consistency: eventual` for every answer of an eventual ring, and for reads that asked for it. */
export function consistencyHeaders(
  node: RingNode,
  asked?: Consistency,
): Readonly<Record<string, string>> {
  return asked === "eventual" || isEventualRing(node) ? eventual : {};
}

const eventual = { "ringwalk-consistency": "eventual" };
