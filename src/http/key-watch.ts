/** GET of one key as an event stream: its state now, and each later one (docs/decisions/0029). */
import * as v from "valibot";
import { watchKeepAliveMs } from "../core/limits.ts";
import type { WatchOptions } from "../node/watch.ts";
import type { Answer } from "./answer.ts";
import { consistencyHeaders } from "./consistency-header.ts";
import {
  eventStream,
  eventStreamHeaders,
  streamLimits,
} from "./event-stream.ts";
import { eventStreamType, eventText } from "./event-text.ts";
import type { FindKey } from "./key-path.ts";
import type { AppOptions } from "./options.ts";
import { problem } from "./problem.ts";
import { keyParameter, queryReader } from "./query.ts";

/** Longer than any id that was sent. */
const idCharactersMax = 64;

/** Takes `key`, and `lastEventId`, the last event that the reader has; the header of that name goes first. */
export const watchQuery = queryReader({
  key: keyParameter,
  // For readers that cannot set the header, or begin where an earlier reader ended.
  lastEventId: v.optional(
    v.pipe(
      v.string(),
      v.maxLength(idCharactersMax, "lastEventId is the id of an event."),
    ),
  ),
});

/** HEAD is of the value: a stream has no end that could be waited for. */
export function wantsEvents({ method, headers }: Request): boolean {
  return (
    method === "GET" &&
    (headers.get("accept")?.includes(eventStreamType) ?? false)
  );
}

/** Answers when the state is read, so that what cannot be read is a problem and no stream. */
export async function watchKey(
  { node, clock, streams = streamLimits }: AppOptions,
  findKey: FindKey,
  request: Request,
): Promise<Answer> {
  const query = watchQuery(request.url);
  if (!query.ok) return problem(query.error);
  const key = findKey(request.url, query.value.key);
  if (!key.ok) return problem(key.error);
  // Who is cut off sends the header with the url that it began with.
  const after = request.headers.get("last-event-id") ?? query.value.lastEventId;
  const options: WatchOptions = after === undefined ? {} : { after };
  const watch = await node.watch(key.value, options);
  if (!watch.ok) return problem(watch.error);
  const { next, close } = watch.value;
  const source = { next: () => next(watchKeepAliveMs), close };
  return {
    status: 200,
    headers: { ...eventStreamHeaders, ...consistencyHeaders(node) },
    body: eventStream(source, {
      clock,
      limits: streams,
      sentAs: (event) => ({
        text: eventText(event, clock.now()),
        count: event.kind === "value" || event.kind === "absent" ? 1 : 0,
        isLast: event.kind === "ended",
      }),
    }),
  };
}
