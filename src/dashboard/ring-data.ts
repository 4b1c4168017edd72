/** What the node's event stream of the ring tells (`GET /dht/status`). */
import type { RingStatus } from "../client/status.ts";
import type { MemberVitals, RingView } from "../node/ring-view.ts";

/** The data of an event `status`: what every client is told of a ring, and what those who watch it see beside that. */
export interface RingData
  extends RingStatus,
    Pick<RingView, "vitals" | "joining" | "leaving"> {}

/** Absent when the member has none: its name may be one that every object knows, such as `constructor`. */
export function vitalsOf(
  { vitals }: Pick<RingData, "vitals">,
  name: string,
): MemberVitals | undefined {
  return Object.hasOwn(vitals, name) ? vitals[name] : undefined;
}
