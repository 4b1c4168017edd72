/** A layout's table by the names of its members, small enough to be shown. */
import type { Assignment, Layout } from "../core/layout.ts";
import type { RingTable } from "./ring-view.ts";

/** More are not shown one by one on any screen, and cost as much as they are many. */
const partitionsShownMax = 4_096;

/** Absent when the ring has too many partitions to show each. */
export function tableOf(layout: Layout): RingTable | undefined {
  if (layout.table.length > partitionsShownMax) return undefined;
  const indexOf = new Map(layout.members.map(({ id }, index) => [id, index]));
  const rowsOf = ({ table }: Assignment) =>
    table.map((replicas) => replicas.map(({ id }) => indexOf.get(id) ?? -1));
  return {
    epoch: layout.epoch,
    members: layout.members.map(({ name }) => name),
    partitions: rowsOf(layout),
    ...(layout.next && { next: rowsOf(layout.next) }),
  };
}
