/** PUT, POST and DELETE of one key. */
import * as v from "valibot";
import { fail, ok, type Result } from "../core/errors.ts";
import { contentTypeCharactersMax } from "../core/limits.ts";
import { metadataError } from "../core/metadata.ts";
import { type Answer, empty } from "./answer.ts";
import { encodingError, readBody } from "./body.ts";
import { changeOptionsOf } from "./change-options.ts";
import { etagOf } from "./conditional.ts";
import { consistencyHeaders } from "./consistency-header.ts";
import type { FindKey } from "./key-path.ts";
import { metadataHeader } from "./metadata-header.ts";
import type { KeyOptions } from "./options.ts";
import { problem } from "./problem.ts";
import { keyParameter, queryReader } from "./query.ts";
import { ttlInQuery } from "./ttl.ts";
import { traceOf } from "./walk-header.ts";

/** Takes `key`, and `ttl` in whole seconds, which goes before what a header says (`PutForm`). */
export const putQuery = queryReader({
  key: keyParameter,
  ttl: v.optional(ttlInQuery),
});

/** Takes `key` alone; conditions stand in headers. */
export const deleteQuery = queryReader({ key: keyParameter });

/** Where a request has what belongs to a PUT. */
export interface PutForm {
  readonly findKey: FindKey;
  /** A time to live beside the query's, which goes first; absent: there is none. */
  readonly ttlSecondsOf?: (headers: Headers) => Result<number | undefined>;
  /** What the value is stored as, where that is not the Content-Type that was given with it (absent: none was). */
  readonly typeOf?: (given: string | undefined, value: Uint8Array) => string;
}

/** Writes the body as the key's value: an empty 200 with the new ETag. */
export async function putKey(
  { node, bounds }: KeyOptions,
  { findKey, ttlSecondsOf, typeOf }: PutForm,
  request: Request,
): Promise<Answer> {
  const query = putQuery(request.url);
  if (!query.ok) return problem(query.error);
  const key = findKey(request.url, query.value.key);
  if (!key.ok) return problem(key.error);
  const change = changeOptionsOf(request.headers, bounds);
  if (!change.ok) return problem(change.error);
  const encoded = encodingError(request.headers);
  if (encoded) return problem(encoded.error);
  const given = contentTypeOf(request.headers);
  if (!given.ok) return problem(given.error);
  const inHeaders = ttlSecondsOf?.(request.headers) ?? ok(undefined);
  if (!inHeaders.ok) return problem(inHeaders.error);
  const metadata = metadataOf(request.headers);
  if (!metadata.ok) return problem(metadata.error);
  const value = await readBody(request, node.settings().valueBytesMax);
  if (!value.ok) return problem(value.error);

  const trace = traceOf(request.headers);
  const ttlSeconds = query.value.ttl ?? inHeaders.value;
  const contentType = typeOf?.(given.value, value.value) ?? given.value;
  const written = await node.put(key.value, value.value, {
    ...change.value,
    ...(contentType !== undefined && { contentType }),
    ...metadata.value,
    ...(ttlSeconds !== undefined && { ttlMs: ttlSeconds * 1000 }),
    ...trace.options,
  });
  const headers = { ...consistencyHeaders(node), ...trace.headers() };
  return written.ok
    ? empty(200, { etag: etagOf(written.value.revision), ...headers })
    : problem(written.error, headers);
}

/** Deletes the key: an empty 200, also when there was none. */
export async function deleteKey(
  { node, bounds }: KeyOptions,
  findKey: FindKey,
  request: Request,
): Promise<Answer> {
  const query = deleteQuery(request.url);
  if (!query.ok) return problem(query.error);
  const key = findKey(request.url, query.value.key);
  if (!key.ok) return problem(key.error);
  const change = changeOptionsOf(request.headers, bounds);
  if (!change.ok) return problem(change.error);

  const trace = traceOf(request.headers);
  const deleted = await node.delete(key.value, {
    ...change.value,
    ...trace.options,
  });
  const headers = { ...consistencyHeaders(node), ...trace.headers() };
  return deleted.ok ? empty(200, headers) : problem(deleted.error, headers);
}

/** Told before the body is read. */
function metadataOf(headers: Headers): Result<{ metadata?: string }> {
  const metadata = headers.get(metadataHeader);
  if (metadata === null) return ok({});
  return metadataError(metadata) ?? ok({ metadata });
}

/** Absent when none is given. */
function contentTypeOf(headers: Headers): Result<string | undefined> {
  const contentType = headers.get("content-type");
  if (contentType === null || contentType === "") return ok(undefined);
  return contentType.length <= contentTypeCharactersMax
    ? ok(contentType)
    : fail(
        "invalid_body",
        `Content-Type has at most ${contentTypeCharactersMax} characters.`,
      );
}
