/** The layout of a ring that an operator founds from the nodes that are left, when a majority of some replicas is gone. */
import {
  isEventual,
  isSameSet,
  type Layout,
  type Replica,
  replicasOf,
  systemQuorumOf,
} from "./layout.ts";
import { systemSizeMax } from "./limits.ts";
import { isReached, isSomeReached } from "./quorum.ts";

/**
 * Rows with a living majority stay as they are, so that no quorum shrinks without need and the dead members can be
 * removed by an ordinary change (docs/decisions/0006). Other rows keep those that are left; a row without any gets a
 * member that is alive.
 */
export function forcedLayout(
  layout: Layout,
  alive: readonly string[],
  ringId: string,
): Layout {
  const epoch = layout.epoch + 1;
  const table = layout.table.map((_, partition): readonly Replica[] => {
    const row = replicasOf(layout, partition);
    if (isServed(layout, partition, alive)) return row;
    const left = row.filter(({ id }) => alive.includes(id));
    const substitute = alive[partition % alive.length];
    if (left.length > 0 || substitute === undefined) return left;
    return [{ id: substitute, since: epoch }];
  });
  const keeping = new Set(table.flat().map(({ id }) => id));
  const members = layout.members.filter(
    ({ id }) => alive.includes(id) || keeping.has(id),
  );
  const system = layout.members
    .map(({ id }) => id)
    .filter((id) => alive.includes(id))
    .slice(0, systemSizeMax);
  const { settings } = layout;
  return { ringId, epoch, phase: "stable", settings, members, system, table };
}

/** The partitions whose replicas a forced layout changes: they had no living majority, and may have lost what was acknowledged. */
export function partitionsInDoubt(
  before: Layout,
  forced: Layout,
): readonly number[] {
  const idsOf = (layout: Layout, partition: number) =>
    replicasOf(layout, partition).map(({ id }) => id);
  return forced.table.flatMap((_, partition) =>
    isSameSet(idsOf(before, partition), idsOf(forced, partition))
      ? []
      : [partition],
  );
}

/** Whether the ring can go on with the members that are alive, and remove the others by ordinary changes. */
export function isServable(layout: Layout, alive: readonly string[]): boolean {
  const isDecidable = isReached(systemQuorumOf(layout), alive);
  return (
    isDecidable &&
    layout.table.every((_, partition) => isServed(layout, partition, alive))
  );
}

/**
 * Under a joint layout too every acknowledged change has a majority of the old replicas. In an eventual ring one of them
 * is enough for a row to be served.
 */
function isServed(
  layout: Layout,
  partition: number,
  alive: readonly string[],
): boolean {
  const row = [replicasOf(layout, partition).map(({ id }) => id)];
  return isEventual(layout) ? isSomeReached(row, alive) : isReached(row, alive);
}
