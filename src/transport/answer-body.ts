/** A peer's HTTP answer: whether it is ringwalk's, whether the request was taken, and its bytes up to a bound. */
import type { TransportResult } from "../ports.ts";
import { protocolHeader } from "./peer-http.ts";

/**
 * Statuses with which a node turns a peer's request down as a whole: nothing was executed. (The table in
 * http/status.ts: malformed, no secret, no such path or method, another's, too large, no room or no disk for it.)
 */
const refusedStatuses: ReadonlySet<number> = new Set([
  400, 401, 403, 404, 405, 409, 413, 503,
]);

/** Something that is no ringwalk node answered: a platform, a proxy, another program. */
export interface ForeignAnswer {
  readonly kind: "foreign";
  readonly reason: string;
}

/** What is needed of a `Response`. */
export interface PeerResponse extends Pick<Response, "status" | "arrayBuffer"> {
  readonly headers: Pick<Headers, "get" | "has">;
  readonly body:
    | (AsyncIterable<Uint8Array> & { cancel(): Promise<void> })
    | null;
}

/** Reads the answer of a peer; rejects when the connection ends before it does. */
export async function readAnswer(
  response: PeerResponse,
  bytesMax: number,
): Promise<TransportResult | ForeignAnswer> {
  const { status, headers } = response;
  if (!headers.has(protocolHeader)) {
    await response.body?.cancel();
    const reason = `something that is no ringwalk node answered (HTTP ${status})`;
    return { kind: "foreign", reason };
  }
  const body = await readBytes(response, bytesMax);
  if (!body)
    return { kind: "unknown", reason: `an answer of over ${bytesMax} bytes` };
  if (status === 200) return { kind: "answer", body };
  const code = codeOf(body);
  const reason = `HTTP ${status}, ${code ?? "without a code"}`;
  return refusedStatuses.has(status)
    ? { kind: "not-sent", reason, ...(code !== undefined && { code }) }
    : { kind: "unknown", reason };
}

/** Absent when there are more than `bytesMax`; no more than those are held. */
async function readBytes(
  response: PeerResponse,
  bytesMax: number,
): Promise<Uint8Array | undefined> {
  const length = response.headers.get("content-length");
  const isBounded =
    length !== null &&
    Number(length) <= bytesMax &&
    !response.headers.has("content-encoding");
  if (isBounded) return new Uint8Array(await response.arrayBuffer());
  const chunks: Uint8Array[] = [];
  let byteCount = 0;
  for await (const chunk of response.body ?? []) {
    byteCount += chunk.byteLength;
    // Leaving the loop cancels the body.
    if (byteCount > bytesMax) return undefined;
    chunks.push(chunk);
  }
  return new Uint8Array(await new Blob(chunks as BlobPart[]).arrayBuffer());
}

/** The code of a problem, so that a log says more than a number. */
function codeOf(body: Uint8Array): string | undefined {
  try {
    const { code } = JSON.parse(new TextDecoder().decode(body));
    return typeof code === "string" ? code : undefined;
  } catch {
    return undefined;
  }
}
