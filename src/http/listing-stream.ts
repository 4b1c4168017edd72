/** `GET /db` as NDJSON: every key of the node or the ring, with its value if wanted, however many there are. */
import { listingStreamKeysMax } from "../core/limits.ts";
import type { KeyPage, ListOptions } from "../node/api.ts";
import type { Answer } from "./answer.ts";
import { ndjsonHeaders, withMargin } from "./bulk-route.ts";
import { failure, runBulkOperation } from "./bulk-run.ts";
import { type LineTask, lineStream } from "./line-stream.ts";
import type { BulkRoom } from "./load.ts";
import type { KeyOptions } from "./options.ts";
import { internal, overloaded, type Problem, problem } from "./problem.ts";
import { ringHeader, ringRefusal, servesRing } from "./ring-header.ts";

/** What a stream is asked for; it has no limit, because it goes on until every key was told. */
interface StreamedListing extends Omit<ListOptions, "limit"> {
  /** Whether each line has the value, too, or the key alone. */
  readonly hasValues: boolean;
}

/**
 * A line for each key, `{"cursor"}` from time to time, and `{"end":true}` when that was all; after an error a line that
 * tells it is the last.
 */
export async function listStream(
  options: KeyOptions,
  bulk: BulkRoom,
  listing: StreamedListing & { readonly request: Request },
): Promise<Answer> {
  const { node } = options;
  const { request, hasValues, ...query } = listing;
  const ringId = request.headers.get(ringHeader) ?? node.identity().ringId;
  const asked = { ...query, limit: listingStreamKeysMax };
  // An error before the first key is an answer like any other.
  const first = await node.keys(asked);
  if (!first.ok) return problem(first.error);
  const tasks = listingTasks(
    { options, ringId, hasValues, valueBytes: valueBytesIn(bulk) },
    { asked, first: first.value },
  );
  const { stream, ended } = lineStream({
    tasks,
    limits: bulk.limits.request,
    room: bulk.room,
  });
  const headers = { ...ndjsonHeaders(node), vary: "accept" };
  return { status: 200, headers, body: stream, ended };
}

/** What a value may bring as long as none was seen. */
function valueBytesIn({ limits }: BulkRoom): number {
  const { bytesMax, operationsMax } = limits.request;
  return Math.floor(bytesMax / operationsMax);
}

interface Listing {
  readonly options: KeyOptions;
  readonly ringId: string;
  readonly hasValues: boolean;
  /** Of the largest line so far. */
  valueBytes: number;
  /** Why it goes no further. */
  failed?: Problem;
}

async function* listingTasks(
  listing: Listing,
  { asked, first }: { readonly asked: ListOptions; readonly first: KeyPage },
): AsyncGenerator<Iterable<LineTask>> {
  const { node } = listing.options;
  let page = first;
  let { cursor } = asked;
  for (;;) {
    // Keys of two rings are no listing of either.
    if (!servesRing(node, listing.ringId)) listing.failed = ringRefusal(node);
    else if (listing.hasValues) yield valueTasks(listing, page.keys);
    else yield [textTask(page.keys.map((key) => lineOf({ key })).join(""))];
    const next = page.cursor;
    yield [
      whenAllEnded(() => {
        const { failed } = listing;
        if (failed)
          return {
            ...failure(failed),
            ...(cursor !== undefined && { cursor }),
          };
        return next === undefined ? { end: true } : { cursor: next };
      }),
    ];
    if (listing.failed || next === undefined) return;
    const result = await node.keys({ ...asked, cursor: next });
    cursor = next;
    if (result.ok) page = result.value;
    else {
      listing.failed = result.error;
      page = { keys: [] };
    }
  }
}

function* valueTasks(
  listing: Listing,
  keys: readonly string[],
): Generator<LineTask> {
  for (const key of keys) {
    if (listing.failed) return;
    yield {
      key,
      byteCount: listing.valueBytes,
      mayRepeat: true,
      run: () => valueLine(listing, key),
      refuse: () => stop(listing, overloaded),
    };
  }
}

/** Empty when the key has gone since it was listed. */
async function valueLine(listing: Listing, key: string): Promise<string> {
  const { options, ringId } = listing;
  const operation = { op: "get", key } as const;
  try {
    const outcome = await runBulkOperation(options, ringId, operation);
    if ("code" in outcome)
      return stop(listing, { code: outcome.code, message: outcome.detail });
    const { status, ...fields } = outcome;
    if (status !== 200) return "";
    const line = lineOf({ key, ...fields });
    listing.valueBytes = Math.max(listing.valueBytes, withMargin(line.length));
    return line;
  } catch (error) {
    options.log.error("a listing met a defect", { error });
    return stop(listing, internal);
  }
}

function stop(listing: Listing, error: Problem): string {
  listing.failed ??= error;
  return "";
}

function textTask(text: string): LineTask {
  return {
    byteCount: text.length,
    mayRepeat: false,
    run: async () => text,
    refuse: () => text,
  };
}

function whenAllEnded(object: () => object): LineTask {
  const run = () => lineOf(object());
  return {
    byteCount: 0,
    mayRepeat: false,
    run: async () => run(),
    refuse: run,
  };
}

function lineOf(object: object): string {
  return `${JSON.stringify(object)}\n`;
}
