/** A watch as the body of an answer: pulled by its reader, so that whoever is slow gets fewer states and holds up nobody. */
import {
  watchKeepAliveMs,
  watchStreamMsMax,
  watchTakeMsMax,
} from "../core/limits.ts";
import type { Watch } from "../node/watch.ts";
import type { CancelTimer, Clock } from "../ports.ts";
import { eventText, prelude } from "./event-text.ts";

/** Where an answer costs what others need, it is shorter: its reader comes again, and loses nothing. */
export interface StreamLimits {
  readonly lengthMsMax: number;
  readonly eventsMax: number;
}

export const streamLimits: StreamLimits = {
  lengthMsMax: watchStreamMsMax,
  eventsMax: Number.POSITIVE_INFINITY,
};

/** Closes the watch when its reader goes away, takes nothing for long, or has had its share. */
export function eventStream(
  watch: Watch,
  clock: Clock,
  { lengthMsMax, eventsMax }: StreamLimits,
): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder();
  const cancelLength = clock.timer(lengthMsMax, watch.close);
  let cancelTake = expectTaking();
  let isBegun = false;
  let isCancelled = false;
  let eventCount = 0;

  /** What is sent has to be taken. */
  function expectTaking(): CancelTimer {
    return clock.timer(watchTakeMsMax, watch.close);
  }

  function letGo(): void {
    cancelLength();
    cancelTake();
    watch.close();
  }

  async function next(): Promise<{ text: string; isLast: boolean }> {
    if (!isBegun) {
      isBegun = true;
      return { text: prelude, isLast: false };
    }
    const event = await watch.next(watchKeepAliveMs);
    const { kind } = event;
    if (kind === "value" || kind === "absent") eventCount++;
    const isLast = kind === "ended" || eventCount >= eventsMax;
    return { text: eventText(event, clock.now()), isLast };
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
