/** What is wrong with a stable layout's table, found by counting: nothing of the code that placed the partitions is asked. */
import type { Layout } from "../core/layout.ts";

/** A line for each fault; none: every partition has its replicas, and members of one weight hold equally much, but for one. */
export function tableFaults(layout: Layout): readonly string[] {
  const { members, settings, table } = layout;
  const { partitionCount, replicaCount } = settings;
  const ids = new Set(members.map(({ id }) => id));
  const wanted = Math.min(replicaCount, members.length);
  const rows = table.map((row) => row.map(({ id }) => id));
  const primaries = rows.map((row) => row.slice(0, 1));
  const isSound = (row: readonly string[]) =>
    row.length === wanted &&
    new Set(row).size === wanted &&
    row.every((id) => ids.has(id));
  return [
    ...(table.length === partitionCount
      ? []
      : [`${table.length} partitions instead of ${partitionCount}`]),
    ...rows.flatMap((row, partition) =>
      isSound(row)
        ? []
        : [`partition ${partition} is kept by ${row.join(" ") || "nobody"}`],
    ),
    ...uneven("replicas", rows, layout),
    ...uneven("primaries", primaries, layout),
  ];
}

/** Tells of members that differ by more than one in what they hold; of weights and zones it knows nothing. */
function uneven(
  what: string,
  rows: readonly (readonly string[])[],
  { members }: Layout,
): readonly string[] {
  const held = rows.flat();
  const counts = members.map(
    ({ id }) => held.filter((each) => each === id).length,
  );
  return Math.max(...counts) - Math.min(...counts) <= 1
    ? []
    : [`members hold ${counts.join(", ")} ${what}`];
}
