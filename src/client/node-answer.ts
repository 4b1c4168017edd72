/** What a node's answer says, where it is one for the operation's caller. */
import type { Metadata, StoredBytes, StoredHead } from "./api.ts";
import { type NodeAnswer, textOf } from "./call.ts";
import { RingwalkError } from "./errors.ts";

/** The header in which a value's metadata comes and goes. */
export const metadataHeader = "ringwalk-metadata";

/** A value has an ETag; a missing key has none, whichever status the ring gives it. */
export function isFound({ headers }: NodeAnswer): boolean {
  return headers.has("etag");
}

/** The value that a GET found; see `isFound`. */
export function storedOf(answer: NodeAnswer): StoredBytes {
  return { bytes: answer.bytes, ...describedOf(answer) };
}

/** What a HEAD told of the value that it found; see `isFound`. */
export function headOf(answer: NodeAnswer): StoredHead {
  const { headers } = answer;
  return {
    byteCount: Number(headers.get("content-length")),
    modifiedAt: Number(headers.get("ringwalk-modified-at")),
    ...describedOf(answer),
  };
}

function describedOf(answer: NodeAnswer): Omit<StoredBytes, "bytes"> {
  const { headers } = answer;
  const metadata = headers.get(metadataHeader);
  return {
    contentType: headers.get("content-type") ?? "application/octet-stream",
    revision: revisionOf(answer),
    ...remainingTimeOf(answer),
    ...(metadata !== null && {
      metadata: parsed<Metadata>(metadata, answer.node),
    }),
  };
}

/** Empty when the answer tells none. */
export function revisionOf({ headers }: NodeAnswer): string {
  return headers.get("etag")?.replace(/^(?:W\/)?"|"$/g, "") ?? "";
}

/** How long the key lasts; without the field when it does not expire, or the answer does not tell. */
export function remainingTimeOf({ headers }: NodeAnswer): {
  ttlSeconds?: number;
} {
  const ttl = headers.get("ringwalk-ttl");
  return ttl === null ? {} : { ttlSeconds: Number(ttl) };
}

/** Throws a `RingwalkError` (`malformed_answer`). */
export function jsonOf<T>(answer: NodeAnswer): T {
  return parsed(textOf(answer), answer.node);
}

/** What `node` has sent as JSON; throws a `RingwalkError` (`malformed_answer`). */
export function parsed<T>(json: string, node: string): T {
  try {
    return JSON.parse(json);
  } catch (cause) {
    throw new RingwalkError({
      code: "malformed_answer",
      message: `${node} sent an answer that cannot be read.`,
      node,
      cause,
    });
  }
}
