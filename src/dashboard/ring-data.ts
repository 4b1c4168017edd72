/** What the node's event stream of the ring tells (`GET /dht/status`). */
import type { RingStatus } from "../client/status.ts";

/** How a member fares, by its own word. */
export interface MemberVitals {
  readonly records: number;
  readonly bytes: number;
  readonly partitionsCounted: number;
  readonly operationsPerSecond?: number;
  readonly latencyMs?: number;
  readonly problem?: string;
}

export interface RingData extends RingStatus {
  readonly vitals: Readonly<Record<string, MemberVitals>>;
  readonly joining: readonly string[];
  readonly leaving: readonly string[];
}

/** For each partition the indices of its replicas in `members`, the primary first. */
export interface RingTable {
  readonly epoch: number;
  readonly members: readonly string[];
  readonly partitions: readonly (readonly number[])[];
  readonly next?: readonly (readonly number[])[];
}

/** Who keeps a key, and what each holds (`GET /dht/holders`). */
export interface KeyHolders {
  readonly partition: number;
  readonly partitionCount: number;
  readonly holders: readonly Holder[];
}

export interface Holder {
  readonly member: string;
  readonly role: "primary" | "replica" | "joining" | "leaving";
  readonly holds: "value" | "absent" | "nothing" | "unknown";
  readonly revision?: string;
  readonly accepted?: string;
  readonly reason?: string;
}
