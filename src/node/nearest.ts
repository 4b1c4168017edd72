/** Whom to ask first. */
import type { Ring } from "./ring.ts";
import type { Suspicion } from "./suspicion.ts";

/** This node first, which costs no call; members that do not answer last. */
export function nearestFirst(
  { ring, suspicion }: { readonly ring: Ring; readonly suspicion: Suspicion },
  ids: readonly string[],
): readonly string[] {
  const cost = (id: string) => {
    if (id === ring.memberId()) return 0;
    return suspicion.hasFailed(id) ? 2 : 1;
  };
  return [...ids].sort((a, b) => cost(a) - cost(b));
}
