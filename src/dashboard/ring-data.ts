/** What the node's event stream of the ring tells (`GET /dht/status`). */
import type { RingStatus } from "../client/status.ts";

/** How a member fares, by its own word. */
interface MemberVitals {
  /** Those of deleted keys included. */
  readonly records: number;
  readonly bytes: number;
  /** Of how many of its partitions these are known; there are more records when it is not all. */
  readonly partitionsCounted: number;
  /** In the last seconds; absent until the member was asked twice. */
  readonly operationsPerSecond?: number;
  /** The average of these; absent when there were none. */
  readonly latencyMs?: number;
  /** The code of why it should not be asked; absent: it may be. */
  readonly problem?: string;
}

/** The data of an event `status`. */
export interface RingData extends RingStatus {
  /** By member name; a member that does not answer has none. */
  readonly vitals: Readonly<Record<string, MemberVitals>>;
  /** Names of members that a change under way takes in, and lets go. */
  readonly joining: readonly string[];
  readonly leaving: readonly string[];
}

/** Absent when the member has none: its name may be one that every object knows, such as `constructor`. */
export function vitalsOf(
  { vitals }: Pick<RingData, "vitals">,
  name: string,
): MemberVitals | undefined {
  return Object.hasOwn(vitals, name) ? vitals[name] : undefined;
}

/** For each partition the indices of its replicas in `members`, the primary first. */
export interface RingTable {
  readonly epoch: number;
  readonly members: readonly string[];
  readonly partitions: readonly (readonly number[])[];
  /** Where a change under way goes; absent when there is none. */
  readonly next?: readonly (readonly number[])[];
}

/** Who keeps a key, and what each holds (`GET /dht/holders`). */
export interface KeyHolders {
  readonly partition: number;
  readonly partitionCount: number;
  readonly holders: readonly Holder[];
}

/** What one replica says that it holds. */
export interface Holder {
  readonly member: string;
  readonly role: "primary" | "replica" | "joining" | "leaving";
  /** `absent`: a record that there is no value. `nothing`: no record. `unknown`: it did not answer, or cannot. */
  readonly holds: "value" | "absent" | "nothing" | "unknown";
  /** Of the value, or of its deletion; absent unless it holds one. */
  readonly revision?: string;
  /** The ballot of what it holds. */
  readonly accepted?: string;
  /** Why it is unknown. */
  readonly reason?: string;
}
