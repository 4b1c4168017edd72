/** A replica gives no vote for what it cannot read, and takes note of it, so that it is rebuilt or an operator told. */
import { partitionOfKey } from "../core/layout.ts";
import type { Address, PeerReply } from "../core/message.ts";
import type { Standing } from "./place.ts";
import type { ReplicaParts } from "./replica.ts";

/** For a register: the record may have forgotten a promise or an accept. */
export function abstainUnreadable(
  parts: ReplicaParts,
  { layout, space }: Standing,
  { area, key }: Address,
): PeerReply {
  if (area === "key")
    parts.unreadable.note({
      space,
      partition: partitionOfKey(layout, key),
      key,
    });
  return { kind: "abstained", reason: "unreadable" };
}

/** Without its floor nobody knows what a partition has promised: no key of it is at fault, and none can be rebuilt alone. */
export function abstainFloor(
  { unreadable, log }: ReplicaParts,
  space: number,
  partition: number | undefined,
): PeerReply {
  if (
    partition !== undefined &&
    !unreadable.floors(space).includes(partition)
  ) {
    unreadable.noteFloor({ space, partition });
    log.error("a partition's floor is unreadable; this node abstains from it", {
      partition,
    });
  }
  return { kind: "abstained", reason: "unreadable" };
}
