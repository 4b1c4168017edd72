/** `GET /db`: the keys of this node, or of the ring, as lines, as JSON pages, or as a stream of NDJSON. */
import * as v from "valibot";
import { ok } from "../core/errors.ts";
import { prefixError } from "../core/key.ts";
import { keyBytesMax, listingLimitMax } from "../core/limits.ts";
import type { KeyPage, ListOptions, RingNode } from "../node/api.ts";
import type { KeyOf } from "./access.ts";
import { type Answer, json } from "./answer.ts";
import { ndjsonType } from "./bulk-route.ts";
import { consistencyHeaders } from "./consistency-header.ts";
import { listStream } from "./listing-stream.ts";
import type { BulkRoom } from "./load.ts";
import type { KeyOptions } from "./options.ts";
import { problem } from "./problem.ts";
import { queryReader, queryValue } from "./query.ts";
import { ListingError, textStream } from "./text-stream.ts";

const limitMessage = `limit is a whole number from 1 to ${listingLimitMax}.`;
const prefixMessage = `prefix has at most ${keyBytesMax} bytes.`;

const scope = v.optional(
  v.picklist(["node", "ring"], "scope is node or ring."),
  "node",
);
const prefix = v.optional(
  v.pipe(v.string(), v.maxBytes(keyBytesMax, prefixMessage)),
);

const cursor = v.optional(v.string());

/** Of a listing as text, which has every key: it takes no cursor. */
export const linesQuery = queryReader({ scope, prefix });
/** Of a listing as NDJSON; `cursor` is one that an earlier stream told, `values=1` asks for the values, too. */
export const streamQuery = queryReader({
  scope,
  prefix,
  cursor,
  values: v.optional(v.picklist(["0", "1"], "values is 0 or 1."), "0"),
});
/** Of one page as JSON; `limit` is the most keys that it has, `listingLimitMax` unless given. */
export const pageQuery = queryReader({
  scope,
  prefix,
  cursor,
  limit: v.optional(
    v.pipe(
      v.string(),
      v.regex(/^\d{1,6}$/, limitMessage),
      v.transform(Number),
      v.number(),
      v.integer(),
      v.minValue(1, limitMessage),
      v.maxValue(listingLimitMax, limitMessage),
    ),
  ),
});

/** The prefix that a listing is asked with; empty: it is of all keys. */
export const listedPrefix: KeyOf = ({ url }) => {
  const prefix = queryValue(url, "prefix");
  return prefix.ok ? ok(prefix.value ?? "") : prefix;
};

/** By what the caller accepts; lines of text unless it says. */
export function listKeys(
  options: KeyOptions,
  bulk: BulkRoom,
  request: Request,
): Promise<Answer> {
  const { node } = options;
  const accept = request.headers.get("accept") ?? "";
  if (accept.includes(ndjsonType)) return listNdjson(options, bulk, request);
  return accept.includes("application/json")
    ? listPage(node, request.url)
    : listLines(node, request.url);
}

async function listNdjson(
  options: KeyOptions,
  bulk: BulkRoom,
  request: Request,
): Promise<Answer> {
  const query = streamQuery(request.url);
  if (!query.ok) return problem(query.error);
  const reserved = prefixError(query.value.prefix ?? "");
  if (reserved) return problem(reserved.error);
  const { values, ...listing } = query.value;
  const hasValues = values === "1";
  return listStream(options, bulk, { ...listing, hasValues, request });
}

async function listPage(node: RingNode, url: string): Promise<Answer> {
  const query = pageQuery(url);
  if (!query.ok) return problem(query.error);
  const reserved = prefixError(query.value.prefix ?? "");
  if (reserved) return problem(reserved.error);
  const { limit = listingLimitMax } = query.value;
  const page = await node.keys({ ...query.value, limit });
  if (!page.ok) return problem(page.error);
  const answer = json(200, page.value);
  const headers = {
    ...answer.headers,
    ...consistencyHeaders(node),
    vary: "accept",
  };
  return { ...answer, headers };
}

/** `/db` in lines has every key, however many: what is not there with the first page follows as a stream. */
async function listLines(node: RingNode, url: string): Promise<Answer> {
  const query = linesQuery(url);
  if (!query.ok) return problem(query.error);
  const reserved = prefixError(query.value.prefix ?? "");
  if (reserved) return problem(reserved.error);
  const options: ListOptions = { ...query.value, limit: listingLimitMax };
  const first = await node.keys(options);
  if (!first.ok) return problem(first.error);
  const headers = {
    "content-type": "text/plain; charset=utf-8",
    "cache-control": "no-store",
    vary: "accept",
    "x-content-type-options": "nosniff",
    ...consistencyHeaders(node),
  };
  const body =
    first.value.cursor === undefined
      ? linesOf(first.value)
      : textStream(linesOfAll(node, options, first.value));
  return { status: 200, headers, body };
}

async function* linesOfAll(
  node: RingNode,
  options: ListOptions,
  first: KeyPage,
): AsyncGenerator<string, void> {
  yield linesOf(first);
  for (let { cursor } = first; cursor !== undefined; ) {
    const page = await node.keys({ ...options, cursor });
    if (!page.ok) throw new ListingError(page.error);
    yield linesOf(page.value);
    cursor = page.value.cursor;
  }
}

/** Each key ended by CR LF, with CR, LF and % in it percent-encoded, so that lines are keys again. */
function linesOf({ keys }: KeyPage): string {
  return keys.map((key) => `${escapeLine(key)}\r\n`).join("");
}

function escapeLine(key: string): string {
  return key.replace(/[\r\n%]/g, encodeURIComponent);
}
