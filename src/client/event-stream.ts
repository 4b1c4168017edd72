/** Reads an event stream (https://html.spec.whatwg.org, section 9.2.6): text in pieces of any size, events out. */

/** One event, as it is dispatched at the empty line behind it. */
export interface ServerEvent {
  /** `message` where the stream names none. */
  readonly type: string;
  /** Of this event, or the last one before it that had one; empty when none had. */
  readonly id: string;
  readonly data: string;
}

/** Gives the events that each piece completes. What a stream ends in the middle of is no event. */
export function createEventParser(): (text: string) => readonly ServerEvent[] {
  let rest = "";
  /** How much of `rest` is known to hold no end of a line. */
  let scanned = 0;
  let isAfterCr = false;
  let isFirst = true;
  let type = "";
  let id = "";
  let data: string[] = [];

  function takeLine(line: string): ServerEvent | undefined {
    if (line === "") return dispatch();
    const colon = line.indexOf(":");
    const field = colon === -1 ? line : line.slice(0, colon);
    const value = colon === -1 ? "" : line.slice(colon + 1).replace(/^ /, "");
    if (field === "event") type = value;
    else if (field === "data") data.push(value);
    else if (field === "id" && !value.includes("\0")) id = value;
    return undefined;
  }

  function dispatch(): ServerEvent | undefined {
    const event = { type: type || "message", id, data: data.join("\n") };
    const isEvent = data.length > 0;
    type = "";
    data = [];
    return isEvent ? event : undefined;
  }

  return (text) => {
    const events: ServerEvent[] = [];
    let piece = text;
    if (isFirst && piece !== "") {
      isFirst = false;
      piece = piece.replace(/^\uFEFF/, "");
    }
    if (isAfterCr && piece !== "") {
      isAfterCr = false;
      piece = piece.replace(/^\n/, "");
    }
    rest += piece;
    for (;;) {
      const end = lineEnd(rest, scanned);
      if (end === -1) break;
      const event = takeLine(rest.slice(0, end));
      if (event) events.push(event);
      const isCr = rest[end] === "\r";
      const next = end + (isCr && rest[end + 1] === "\n" ? 2 : 1);
      // Whether a line feed belongs to it shows with the next piece.
      isAfterCr = isCr && next === end + 1 && next === rest.length;
      rest = rest.slice(next);
      scanned = 0;
    }
    scanned = rest.length;
    return events;
  };
}

function lineEnd(text: string, from: number): number {
  for (let at = from; at < text.length; at++) {
    const unit = text.charCodeAt(at);
    if (unit === 0x0a || unit === 0x0d) return at;
  }
  return -1;
}

/** Who is told that something came, and what ends the reading. */
export interface EventsOptions {
  /** Called with each piece, also one that completes no event. */
  readonly onPiece?: () => void;
  readonly signal?: AbortSignal;
}

/**
 * The events of a body as they come; it is cancelled when they are no longer asked for. `onPiece` is called for comments
 * too. When `signal` aborts it throws the reason.
 */
export async function* eventsOf(
  body: ReadableStream<Uint8Array>,
  { onPiece, signal }: EventsOptions = {},
): AsyncGenerator<ServerEvent> {
  const reader = body.getReader();
  const decoder = new TextDecoder();
  const parse = createEventParser();
  // Not every `fetch` ends a body with its signal.
  const stop = () => void reader.cancel().catch(() => {});
  signal?.addEventListener("abort", stop);
  try {
    for (;;) {
      const { done, value } = await reader.read();
      signal?.throwIfAborted();
      if (done) return;
      onPiece?.();
      yield* parse(decoder.decode(value, { stream: true }));
    }
  } finally {
    // Whoever broke off learns nothing new from how the connection ends.
    signal?.removeEventListener("abort", stop);
    stop();
  }
}
