/** Where a register stands in a node's store, and how its record is read in the light of the node's stay. */
import { type Layout, partitionOfKey, sinceOf } from "../core/layout.ts";
import { counterMetMax } from "../core/limits.ts";
import type { Address } from "../core/message.ts";
import { type Register, registerEmpty, visible } from "../core/register.ts";
import type { Stored } from "../ports.ts";
import { layoutKey } from "./layout-register.ts";
import { registerIn } from "./register-record.ts";
import { partitionBucket, systemBucket } from "./state.ts";

/** Who asks a replica, and as whom it answers. */
export interface Standing {
  readonly layout: Layout;
  readonly memberId: string;
  readonly space: number;
}

/** Where a register stands in this node's store, and the stay that its states are judged by. */
export interface Place {
  readonly bucket: string;
  readonly since: number;
  /** Absent for the registers of layouts, which have no floor. */
  readonly partition?: number;
}

/** Absent when this member is not a replica of the register. */
export function placeOf(
  { layout, memberId, space }: Standing,
  { area, key }: Address,
): Place | undefined {
  if (area === "system") {
    const isMine =
      layout.system.includes(memberId) && key === layoutKey(layout.epoch + 1);
    return isMine ? { bucket: systemBucket(space), since: 0 } : undefined;
  }
  const partition = partitionOfKey(layout, key);
  const since = sinceOf(layout, partition, memberId);
  if (since === undefined) return undefined;
  return { bucket: partitionBucket(space, partition), since, partition };
}

/** The register of this stay; absent when the record is unreadable: it may have forgotten a promise or an accept. */
export function registerOf(
  stored: Stored,
  since: number,
): Register | undefined {
  if (stored.kind === "absent") return registerEmpty;
  if (stored.kind === "unreadable") return undefined;
  const register = registerIn(stored.bytes);
  return register && isSayable(register) ? visible(register, since) : undefined;
}

/** Nobody takes a message with a counter beyond `counterMetMax`: a record that holds one is damaged, whatever its checksum. */
function isSayable({ promised, accepted, entry }: Register): boolean {
  const ballots = [promised, accepted, entry?.revision, entry?.touched];
  return ballots.every((ballot) => (ballot?.counter ?? 0) <= counterMetMax);
}
