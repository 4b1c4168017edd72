/** What a node is given at its start, and what it takes where nothing was given. */
import type { Member } from "../core/layout.ts";
import {
  changeStallMsMax,
  hedgeDelayMs,
  operationTimeoutMs,
  peerCallTimeoutMs,
  tombstoneMsMin,
  watchRenewMs,
} from "../core/limits.ts";
import { protocolVersion, protocolVersionLowest } from "../core/message.ts";
import type { NodeOptions, Timing } from "./api.ts";

/** The limits that tests and the simulator may shorten. */
export const timingDefault: Timing = {
  peerCallTimeoutMs,
  operationTimeoutMs,
  hedgeDelayMs,
  tombstoneMsMin,
  changeStallMsMax,
  watchRenewMs,
};

/** Who this node is, but for its id, which lives in its store. */
export function selfOf(options: NodeOptions): Omit<Member, "id"> {
  return {
    name: options.name,
    url: options.url,
    ...(options.zone !== undefined && { zone: options.zone }),
    weight: options.weight ?? 1,
    guarantee: options.store.guarantee,
    versions: [protocolVersionLowest, protocolVersion],
  };
}
