/** Broken: a tombstone is collected as soon as its primary holds it. */
import { partitionOfKey, primaryOf } from "../../core/layout.ts";
import type { PeerOutcome } from "../../node/batcher.ts";
import * as real from "../../node/expiry.ts";
import type { Voters } from "../../node/voters.ts";

export * from "../../node/expiry.ts";

/** Its questions about a tombstone all go to the primary, and its collections all seem to succeed. */
export function createExpiry(parts: real.ExpiryParts): real.Expiry {
  return real.createExpiry({ ...parts, voters: agreeing(parts.voters) });
}

/** Every replica seems to hold what the primary does, and to have removed what it was told to. */
function agreeing(voters: Voters): Voters {
  const removed: PeerOutcome = { kind: "collected", removed: true };
  return {
    async ask(layout, id, request) {
      if (request.kind === "read") {
        const partition = partitionOfKey(layout, request.key);
        return voters.ask(layout, primaryOf(layout, partition), request);
      }
      const outcome = await voters.ask(layout, id, request);
      return request.kind === "collect" ? removed : outcome;
    },
  };
}
