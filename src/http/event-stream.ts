/** A watch as the body of an answer: pulled by its reader, so that whoever is slow gets fewer states and holds up nobody. */
import { watchStreamMsMax, watchTakeMsMax } from "../core/limits.ts";
import type { CancelTimer, Clock } from "../ports.ts";
import type { Answer } from "./answer.ts";
import { eventStreamType, prelude } from "./event-text.ts";

/** Where an answer costs what others need, it is shorter: its reader comes again, and loses nothing. */
export interface StreamLimits {
  readonly lengthMsMax: number;
  /** The sum of `SentEvent.count` with which a stream ends. */
  readonly eventsMax: number;
}

/** Where events come from, one after the other. */
interface EventSource<Event> {
  next(): Promise<Event>;
  close(): void;
}

/** An event as it is sent. */
export interface SentEvent {
  readonly text: string;
  /** How many of `eventsMax` it counts for. */
  readonly count: number;
  readonly isLast: boolean;
}

/** Where a runtime sets none: as long as `watchStreamMsMax`, with any number of events. */
export const streamLimits: StreamLimits = {
  lengthMsMax: watchStreamMsMax,
  eventsMax: Number.POSITIVE_INFINITY,
};

/** What a stream goes by beside its source: `clock` ends it, `sentAs` makes text of its events. */
interface StreamOptions<Event> {
  readonly clock: Clock;
  readonly limits: StreamLimits;
  readonly sentAs: (event: Event) => SentEvent;
}

/** The headers of an answer that is an event stream. */
export const eventStreamHeaders: Answer["headers"] = {
  "content-type": `${eventStreamType}; charset=utf-8`,
  "cache-control": "no-store, no-transform",
  vary: "accept",
  // nginx gathers what it passes on unless it is told otherwise.
  "x-accel-buffering": "no",
  "x-content-type-options": "nosniff",
};

/** Closes the source when its reader goes away, takes nothing for long, or has had its share. */
export function eventStream<Event>(
  source: EventSource<Event>,
  { clock, limits, sentAs }: StreamOptions<Event>,
): ReadableStream<Uint8Array> {
  const { lengthMsMax, eventsMax } = limits;
  const encoder = new TextEncoder();
  const cancelLength = clock.timer(lengthMsMax, source.close);
  let cancelTake = expectTaking();
  let isBegun = false;
  let isCancelled = false;
  let eventCount = 0;

  /** What is sent has to be taken: whoever does not is forgotten with all that would end the stream later. */
  function expectTaking(): CancelTimer {
    return clock.timer(watchTakeMsMax, letGo);
  }

  function letGo(): void {
    cancelLength();
    cancelTake();
    source.close();
  }

  async function next(): Promise<{ text: string; isLast: boolean }> {
    if (!isBegun) {
      isBegun = true;
      return { text: prelude, isLast: false };
    }
    const { text, count, isLast } = sentAs(await source.next());
    eventCount += count;
    return { text, isLast: isLast || eventCount >= eventsMax };
  }

  return new ReadableStream({
    async pull(controller) {
      cancelTake();
      const { text, isLast } = await next();
      if (isCancelled) return;
      controller.enqueue(encoder.encode(text));
      if (!isLast) {
        cancelTake = expectTaking();
        return;
      }
      letGo();
      controller.close();
    },
    cancel() {
      isCancelled = true;
      letGo();
    },
  });
}
