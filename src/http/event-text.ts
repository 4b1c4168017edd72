/** What goes over an event stream, as text (https://html.spec.whatwg.org, section 9.2). */
import { formatBallot } from "../core/ballot.ts";
import type { ReadValue } from "../node/api.ts";
import { absentId, type WatchEvent } from "../node/watch.ts";
import { etagOf } from "./conditional.ts";
import { ttlSecondsOf } from "./ttl.ts";

export const eventStreamType = "text/event-stream";

/** When a reader that was cut off comes again, in milliseconds. */
const retryMs = 1_000;

/** Goes first, so that the headers do not wait for a change. */
export const prelude = `retry: ${retryMs}\n\n`;

/** `now` (ms since 1970) is for the remaining time to live. */
export function eventText(event: WatchEvent, now: number): string {
  switch (event.kind) {
    case "value": {
      const data = valueText(event.value, now);
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

function valueText(found: ReadValue, now: number): string {
  const { value, revision, contentType, metadata, expiresAt } = found;
  const text = textOf(value);
  const data = JSON.stringify({
    etag: etagOf(revision),
    ...(text === undefined ? { base64: base64Of(value) } : { value: text }),
    contentType: contentType ?? "application/octet-stream",
    ...(expiresAt !== undefined && { ttl: ttlSecondsOf(expiresAt, now) }),
  });
  // It is JSON already, and in one line.
  return metadata === undefined
    ? data
    : `${data.slice(0, -1)},"metadata":${metadata}}`;
}

/** Absent when the bytes are not UTF-8. */
function textOf(bytes: Uint8Array): string | undefined {
  try {
    return decoder.decode(bytes);
  } catch {
    return undefined;
  }
}
const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

function base64Of(bytes: Uint8Array): string {
  // As many arguments at once as every engine takes.
  const step = 8_192;
  let binary = "";
  for (let at = 0; at < bytes.byteLength; at += step)
    binary += String.fromCharCode(...bytes.subarray(at, at + step));
  return btoa(binary);
}
