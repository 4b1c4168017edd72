/** One request to one node whose answer is an event stream, and how it ended if it is none. */
import {
  type CallOutcome,
  callFailure,
  foreign,
  protocolHeader,
} from "./call.ts";
import { eventsOf, type ServerEvent } from "./event-stream.ts";

/** A stream that has begun: its headers are there, its events come as they are read. */
export interface EventStream {
  readonly kind: "stream";
  readonly node: string;
  readonly status: number;
  readonly headers: Pick<Headers, "get" | "has">;
  /** Throws when the connection is lost, or silent for too long. */
  readonly events: AsyncIterable<ServerEvent>;
}

/** What all streams of a client have in common. */
export interface StreamCallOptions {
  /** The runtime's own unless given. */
  readonly fetch?: typeof globalThis.fetch;
  /** Sent with every request. */
  readonly headers?: Readonly<Record<string, string>>;
}

interface StreamRequest {
  /** From the slash, with the query. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Until the headers are there. */
  readonly timeoutMs: number;
  readonly signal: AbortSignal | undefined;
}

/** Never throws: an abort ends as `unknown`. */
export type StreamCall = (
  node: string,
  request: StreamRequest,
) => Promise<EventStream | CallOutcome>;

/** Nodes say something every 15 s: whoever is silent for three times as long is gone, and its connection does not know. */
const silenceMsMax = 45_000;

/** Makes calls whose streams fail after 45 seconds of silence; nodes send comments more often. */
export function createStreamCall(options: StreamCallOptions): StreamCall {
  const fetch = options.fetch ?? ((...request) => globalThis.fetch(...request));
  return async (node, { path, headers, timeoutMs, signal }) => {
    const controller = new AbortController();
    const stop = () => controller.abort(signal?.reason);
    signal?.addEventListener("abort", stop, { once: true });
    if (signal?.aborted) stop();
    let timer = setTimeout(() => controller.abort(), timeoutMs);
    const renewTimer = () => {
      clearTimeout(timer);
      timer = setTimeout(() => controller.abort(), silenceMsMax);
    };
    const letGo = () => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", stop);
    };
    try {
      const response = await fetch(node + path, {
        headers: {
          ...options.headers,
          ...headers,
          accept: "text/event-stream",
        },
        redirect: "manual",
        signal: controller.signal,
      });
      const { status, body } = response;
      if (!response.headers.has(protocolHeader)) {
        letGo();
        controller.abort();
        return foreign(status);
      }
      const answer = { node, status, headers: response.headers };
      if (!isEventStream(response) || !body) {
        const bytes = new Uint8Array(await response.arrayBuffer());
        letGo();
        return { kind: "answer", ...answer, bytes };
      }
      renewTimer();
      const events = eventsUntil(letGo, body, {
        onPiece: renewTimer,
        signal: controller.signal,
      });
      return { kind: "stream", ...answer, events };
    } catch (error) {
      letGo();
      return callFailure(error);
    }
  };
}

function isEventStream({ status, headers }: Response): boolean {
  const type = headers.get("content-type") ?? "";
  return status === 200 && type.startsWith("text/event-stream");
}

async function* eventsUntil(
  onEnd: () => void,
  ...stream: Parameters<typeof eventsOf>
): AsyncGenerator<ServerEvent> {
  try {
    yield* eventsOf(...stream);
  } finally {
    onEnd();
  }
}
