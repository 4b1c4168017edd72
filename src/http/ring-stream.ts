/** `GET /dht/status` as an event stream: the ring, live, for the page and for programs that draw it. */
import type { Settings } from "../core/layout.ts";
import type { RingEvent } from "../node/ring-view.ts";
import type { Answer } from "./answer.ts";
import {
  eventStream,
  eventStreamHeaders,
  type SentEvent,
  streamLimits,
} from "./event-stream.ts";
import type { AppOptions } from "./options.ts";
import { problem } from "./problem.ts";

/** The hash seed is for members alone: who knows it can aim keys at one partition. */
export function shownStatus<Status extends { readonly settings: Settings }>({
  settings,
  ...status
}: Status) {
  const { hashSeed: _, ...shown } = settings;
  return { ...status, settings: shown };
}

/** Answers at once; the members are asked how they fare while it goes on. */
export function watchRing({
  node,
  clock,
  streams: limits = streamLimits,
}: AppOptions): Answer {
  const watch = node.watchRing();
  if (!watch.ok) return problem(watch.error);
  return {
    status: 200,
    headers: eventStreamHeaders,
    body: eventStream(watch.value, { clock, limits, sentAs }),
  };
}

/** As much as a read of a watched key takes: what an answer may cost is told in events. */
const callsOfAnEvent = 2;

function sentAs(event: RingEvent): SentEvent {
  if (event.kind === "ended")
    return { text: ": watch another node\n\n", count: 0, isLast: true };
  const count = Math.max(1, event.callCount / callsOfAnEvent);
  // The members were asked, and all is as it was: the reader sees that the node lives.
  if (event.kind === "same") return { text: ":\n\n", count, isLast: false };
  const { view, table } = event;
  const texts = [
    ...(table ? [named("table", table)] : []),
    named("status", shownStatus(view)),
  ];
  return { text: texts.join(""), count, isLast: false };
}

function named(name: string, data: unknown): string {
  return `event: ${name}\ndata: ${JSON.stringify(data)}\n\n`;
}
