/** Which member an operation goes to first, and which after it. */
import { type Layout, partitionOfKey, replicaIdsOf } from "../core/layout.ts";
import type { Ring } from "./ring.ts";
import type { Suspicion } from "./suspicion.ts";

interface Parts {
  readonly ring: Pick<Ring, "memberId">;
  readonly suspicion: Pick<Suspicion, "hasFailed">;
}

/** The first live replica of the walk, so that the changes of a key meet at one coordinator; suspected ones come last. */
export function nextCoordinator(
  { ring, suspicion }: Parts,
  layout: Layout,
  key: string,
  tried: ReadonlySet<string>,
): string | undefined {
  const replicas = replicaIdsOf(layout, partitionOfKey(layout, key));
  const left = replicas.filter((id) => !tried.has(id));
  const isLive = (id: string) =>
    id === ring.memberId() || !suspicion.hasFailed(id);
  return left.find(isLive) ?? left[0];
}

/** This node first, which costs no call; members that do not answer last. */
export function nearestFirst(
  { ring, suspicion }: Parts,
  ids: readonly string[],
): readonly string[] {
  const cost = (id: string) => {
    if (id === ring.memberId()) return 0;
    return suspicion.hasFailed(id) ? 2 : 1;
  };
  return [...ids].sort((a, b) => cost(a) - cost(b));
}
