/** GET and HEAD of one key. */
import * as v from "valibot";
import { fail } from "../core/errors.ts";
import type { ReadValue } from "../node/api.ts";
import { type Answer, empty } from "./answer.ts";
import { conditionsOf, etagOf, readOutcome } from "./conditional.ts";
import { consistencyHeaders, isEventualRing } from "./consistency-header.ts";
import type { FindKey } from "./key-path.ts";
import { metadataHeader } from "./metadata-header.ts";
import type { AppOptions } from "./options.ts";
import { problem } from "./problem.ts";
import { keyParameter, queryReader } from "./query.ts";
import { ttlHeader } from "./ttl.ts";
import { traceOf } from "./walk-header.ts";

/** Takes `key`, and `consistency`; absent: the read is as strong as the ring's settings make it. */
export const getQuery = queryReader({
  key: keyParameter,
  consistency: v.optional(
    v.picklist(
      ["linearizable", "eventual"],
      "consistency is linearizable or eventual.",
    ),
  ),
});

/** Answers with the value and its headers; a missing key is empty, and its status a matter of `missingStatus`. */
export async function getKey(
  { node, clock, missingStatus = 404 }: AppOptions,
  findKey: FindKey,
  request: Request,
): Promise<Answer> {
  const query = getQuery(request.url);
  if (!query.ok) return problem(query.error);
  const key = findKey(request.url, query.value.key);
  if (!key.ok) return problem(key.error);
  const conditions = conditionsOf(request.headers);
  if (!conditions.ok) return problem(conditions.error);
  const { consistency } = query.value;
  if (consistency === "linearizable" && isEventualRing(node))
    return problem(notLinearizable.error);

  const trace = traceOf(request.headers);
  const read = await node.get(key.value, {
    ...(consistency && { consistency }),
    ...trace.options,
  });
  if (!read.ok) return problem(read.error, trace.headers());
  const found = read.value;
  const headers = {
    // A cache may keep a value, but has to ask whether it is still the current one; proxies leave it as it is.
    "cache-control": "no-cache, no-transform",
    // The same path is an event stream for whoever accepts one.
    vary: "accept",
    ...consistencyHeaders(node, consistency),
    ...trace.headers(),
  };
  const outcome = readOutcome(conditions.value, found?.revision);
  if (outcome === "condition-failed")
    return problem(conditionFailed.error, trace.headers());
  if (!found) return empty(missingStatus, headers);
  const valueHeaders = { ...headers, ...headersOf(found, clock.now()) };
  return outcome === "not-modified"
    ? empty(304, valueHeaders)
    : {
        status: 200,
        headers: {
          ...valueHeaders,
          "content-type": found.contentType ?? "application/octet-stream",
          // A stored page must never run as a page of this node.
          "x-content-type-options": "nosniff",
          "content-security-policy": "sandbox",
        },
        body: found.value,
      };
}

function headersOf(
  { revision, metadata, modifiedAt, expiresAt }: ReadValue,
  now: number,
): Record<string, string> {
  return {
    etag: etagOf(revision),
    "ringwalk-modified-at": String(modifiedAt),
    ...(metadata !== undefined && { [metadataHeader]: metadata }),
    ...ttlHeader(expiresAt, now),
  };
}

/** 412 of a read, alone or in bulk; a change whose condition fails has an error of the node. */
export const conditionFailed = fail(
  "condition_failed",
  "The precondition does not hold: the key's value is another one, or it has none.",
);
/** What a read gets that asks an eventual ring for `consistency=linearizable`, alone or in bulk. */
export const notLinearizable = fail(
  "invalid_consistency",
  "This ring was founded as eventual: it has no linearizable reads.",
);
