/** What goes over an event stream, as text (https://html.spec.whatwg.org, section 9.2). */
import { formatBallot } from "../core/ballot.ts";
import { absentId, type WatchEvent } from "../node/watch.ts";
import { valueFields } from "./value-fields.ts";

/** What a reader accepts to watch instead of read (`wantsEvents`), and the type of what it gets. */
export const eventStreamType = "text/event-stream";

/** When a reader that was cut off comes again, in milliseconds. */
const retryMs = 1_000;

/** Goes first, so that the headers do not wait for a change. */
export const prelude = `retry: ${retryMs}\n\n`;

/** `now` (ms since 1970) is for the remaining time to live. */
export function eventText(event: WatchEvent, now: number): string {
  switch (event.kind) {
    case "value": {
      const data = JSON.stringify(valueFields(event.value, now));
      const id = formatBallot(event.value.revision);
      return `event: value\nid: ${id}\ndata: ${data}\n\n`;
    }
    case "absent":
      // An event without data is not dispatched.
      return `event: absent\nid: ${absentId}\ndata: {}\n\n`;
    case "quiet":
      return ":\n\n";
    case "ended":
      return `: ${event.error?.code ?? "the end"}: watch again, here or at another node\n\n`;
  }
}
