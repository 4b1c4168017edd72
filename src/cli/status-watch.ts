/** Looks at a ring, one after the other, at whichever member answers. */
import type { ByteClient } from "../client/api.ts";
import { partsOf } from "../client/byte-client.ts";
import type { Call } from "../client/call.ts";
import { UnavailableError, UnreachableError } from "../client/errors.ts";
import { nodeUrl } from "../client/node-list.ts";
import { pause } from "../client/pause.ts";
import type { RingStatus } from "../client/status.ts";
import { withProgress } from "./ring-look.ts";
import type { RollCall } from "./roll-call.ts";

/** What was seen, and when; `error` when nobody answered: then `ring` is what was seen last. */
export interface Look {
  readonly ring: RingStatus;
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly error?: string;
}

/** Often enough for people, and little beside what a ring can do. A pause is half of it to all of it. */
const lookMs = 1_300;

/**
 * A look about once a second, until the signal aborts. Throws when nobody answered from the beginning, or when a node
 * refuses to tell; later it waits until somebody answers again.
 */
export async function* looksAtRing({
  client,
  call,
  rollCall,
  signal,
}: {
  readonly client: ByteClient;
  readonly call: Call;
  readonly rollCall: RollCall;
  readonly signal: AbortSignal;
}): AsyncGenerator<Look> {
  const { nodes } = partsOf(client).sending;
  let last: RingStatus | undefined;
  while (!signal.aborted) {
    try {
      const seen = await client.status({ signal });
      // The first is the one that has answered.
      const [asked] = nodes.order();
      if (asked !== undefined) rollCall.by(asked);
      // Any of them can go on when the one that is asked dies.
      for (const { url } of seen.members) nodes.add(nodeUrl(url));
      last = await withProgress(seen, { call, signal });
      yield { ring: last, at: Date.now() };
    } catch (error) {
      if (signal.aborted) return;
      if (!last || !isPassing(error)) throw error;
      const { message } = error;
      yield { ring: last, at: Date.now(), error: message };
    }
    await pause(lookMs, signal).catch(() => {});
  }
}

function isPassing(error: unknown): error is Error {
  return error instanceof UnreachableError || error instanceof UnavailableError;
}
