/** Which part of the ring each member has: of the partitions that it is primary for, on its way while a change moves them. */

import type { RingTable } from "../node/ring-view.ts";
import type { Share } from "./geometry.ts";
import type { RingData } from "./ring-data.ts";

/** Members in the order of the drawing and of the table: zones together, then by name. */
export function sharesOf(
  ring: RingData,
  table: RingTable | undefined,
): readonly Share[] {
  const total = ring.settings.partitionCount;
  const old = primariesIn(table, table?.partitions);
  const next = primariesIn(table, table?.next);
  const done = doneOf(ring);
  return ring.members
    .map(({ name, zone, partitionsAsPrimary }) => {
      const before = old.get(name) ?? (table ? 0 : partitionsAsPrimary);
      const after = table?.next ? (next.get(name) ?? 0) : before;
      return { name, zone, part: (before + (after - before) * done) / total };
    })
    .toSorted(
      (a, b) =>
        compareTexts(a.zone ?? "", b.zone ?? "") ||
        compareTexts(a.name, b.name),
    );
}

function compareTexts(a: string, b: string): number {
  return a.localeCompare(b, "en", { numeric: true });
}

/** How far the change under way is, 0 to 1; 1 when there is none. */
export function doneOf({ phase, progress }: RingData): number {
  if (phase === "stable") return 1;
  if (!progress || progress.partitionsTotal === 0) return 0;
  return progress.partitionsDone / progress.partitionsTotal;
}

function primariesIn(
  table: RingTable | undefined,
  rows: RingTable["partitions"] | undefined,
): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const [primary] of rows ?? []) {
    const name = primary === undefined ? undefined : table?.members[primary];
    if (name !== undefined) counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  return counts;
}

/** The partitions that the member keeps: those that it is primary for, and the others. */
export function partitionsOf(
  table: RingTable | undefined,
  name: string,
): { readonly primary: readonly number[]; readonly other: readonly number[] } {
  const index = table?.members.indexOf(name) ?? -1;
  const primary: number[] = [];
  const other: number[] = [];
  for (const [partition, replicas] of (table?.partitions ?? []).entries()) {
    const place = replicas.indexOf(index);
    if (place === 0) primary.push(partition);
    else if (place > 0) other.push(partition);
  }
  return { primary, other };
}

/** The partitions whose replicas the change under way moves. */
export function movingPartitions({
  partitions,
  next = [],
}: RingTable): readonly number[] {
  return partitions.flatMap((replicas, partition) => {
    const after = next[partition];
    const isSame =
      !after ||
      (after.length === replicas.length &&
        after.every((index) => replicas.includes(index)));
    return isSame ? [] : [partition];
  });
}
