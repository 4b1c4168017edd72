/** Which replica of a key an operation goes to first, and which after it. */
import { type Layout, partitionOfKey, replicaIdsOf } from "../core/layout.ts";
import type { OperationsParts } from "./operations.ts";

type Parts = Pick<OperationsParts, "ring" | "peers">;

/** The first live replica of the walk, so that the changes of a key meet at one coordinator; suspected ones come last. */
export function nextCoordinator(
  { ring, peers }: Parts,
  layout: Layout,
  key: string,
  tried: ReadonlySet<string>,
): string | undefined {
  const replicas = replicaIdsOf(layout, partitionOfKey(layout, key));
  const left = replicas.filter((id) => !tried.has(id));
  const isLive = (id: string) =>
    id === ring.memberId() || !peers.suspicion.hasFailed(id);
  return left.find(isLive) ?? left[0];
}

/** The node itself, if it is a replica; then those that answered last. */
export function nearestFirst(
  { ring, peers }: Parts,
  layout: Layout,
  key: string,
): readonly string[] {
  const replicas = replicaIdsOf(layout, partitionOfKey(layout, key));
  const self = ring.memberId();
  if (replicas.includes(self))
    return [self, ...replicas.filter((id) => id !== self)];
  const isLive = (id: string) => !peers.suspicion.hasFailed(id);
  return [...replicas.filter(isLive), ...replicas.filter((id) => !isLive(id))];
}
