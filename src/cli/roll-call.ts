/** Has one node ask all members how they are, for as long as somebody looks. */
import type { ServerEvent } from "../client/event-stream.ts";
import type { StreamCall } from "../client/stream-call.ts";
import type { RingView } from "../node/ring-view.ts";

const beginTimeoutMs = 2_000;

/** What keeps a node asking; `signal` ends it. */
export interface RollCall {
  /** By the node at `url` from now on, and by no other; again where it has ended. Never fails: nobody depends on it. */
  by(url: string): void;
}

/**
 * An idle ring is silent, and its nodes do not notice who dies. While the stream of a ring's status is open at a node it
 * asks every member each second, and its plain status tells what came of that.
 */
export function createRollCall(
  stream: StreamCall,
  signal: AbortSignal,
): RollCall {
  let current:
    | { readonly url: string; readonly ended: AbortController }
    | undefined;
  return {
    by(url) {
      if (current?.url === url) return;
      current?.ended.abort();
      const mine = { url, ended: new AbortController() };
      current = mine;
      const both = AbortSignal.any([signal, mine.ended.signal]);
      void follow(stream, url, both).finally(() => {
        if (current === mine) current = undefined;
      });
    },
  };
}

/**
 * The same for one look: resolves when the node at `url` knows of every member whether it answers, or after
 * `timeoutMs`.
 */
export async function callRollOnce(
  stream: StreamCall,
  url: string,
  timeoutMs: number,
): Promise<void> {
  const ended = AbortSignal.timeout(timeoutMs);
  for await (const { type, data } of statusEvents(stream, url, ended))
    if (type === "status" && isComplete(JSON.parse(data))) return;
}

/** A member has its vital signs when it has answered, and another health than `ok` when it has failed to. */
function isComplete({ members, vitals }: RingView): boolean {
  return members.every(
    ({ name, health }) => health !== "ok" || Object.hasOwn(vitals, name),
  );
}

async function follow(
  stream: StreamCall,
  url: string,
  signal: AbortSignal,
): Promise<void> {
  for await (const _ of statusEvents(stream, url, signal)) {
    // What it says is in the plain status too, which comes in the form of one that is asked once.
  }
}

/** Ends when the node is gone, or nobody looks any more. */
async function* statusEvents(
  stream: StreamCall,
  url: string,
  signal: AbortSignal,
): AsyncGenerator<ServerEvent> {
  const begun = await stream(url, {
    path: "/dht/status",
    headers: {},
    timeoutMs: beginTimeoutMs,
    signal,
  });
  if (begun.kind !== "stream") return;
  try {
    yield* begun.events;
  } catch {
    // Lost, or aborted.
  }
}
