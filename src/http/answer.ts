/** An HTTP answer as data, and the ways it reaches a caller: every answer of this app passes here once. */
import { protocolVersion } from "../core/message.ts";
import { protocolHeader } from "../transport/peer-http.ts";
import { browserHeaders } from "./secure-headers.ts";

/** What a handler gives back: plain data, so that a runtime with a faster way than `Response` can deliver it. */
export interface Answer {
  readonly status: number;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  /** Text goes out as UTF-8; null: there is none. */
  readonly body: Uint8Array | string | ReadableStream<Uint8Array> | null;
  /** Resolves when a body that is work has ended: so long the request counts as under way. Absent: until it is answered. */
  readonly ended?: Promise<void>;
}

/** Hands an answer to the runtime. `env` is what the runtime passed along with the request. */
export type Deliver = (answer: Answer, env: unknown) => Response;

const encoder = new TextEncoder();
const version = String(protocolVersion);

/**
 * The answer as it goes out: marked as ringwalk's, and with its length where that is known. `common` are headers of all
 * answers of its kind, which it may replace: those for browsers unless given.
 */
export function finish(
  { status, headers: own, body }: Answer,
  common: Readonly<Record<string, string>> = browserHeaders,
): Answer {
  const headers = { ...common, ...own };
  // RFC 9110, section 8.6: none in a 204, nor in a 304 unless it is that of the 200, which a cache has already.
  if (status === 204 || status === 304 || body instanceof ReadableStream)
    return { status, headers: { ...headers, [protocolHeader]: version }, body };
  const bytes = typeof body === "string" ? encoder.encode(body) : body;
  const length = String(bytes?.byteLength ?? 0);
  return {
    status,
    headers: {
      ...headers,
      [protocolHeader]: version,
      "content-length": length,
    },
    body: bytes,
  };
}

/** Delivery by the web standard's `Response`, on every runtime. */
export const toResponse: Deliver = ({ status, headers, body }) =>
  // Bodies never lie in shared memory, which is all that the wider type of Uint8Array could mean.
  new Response(body as BodyInit | null, { status, headers });

/** An answer without a body: its status and headers say it all. */
export function empty(
  status: number,
  headers: Readonly<Record<string, string>> = {},
): Answer {
  return { status, headers, body: null };
}

/** The answer with these headers, too. */
export function withHeaders(
  answer: Answer,
  headers: Readonly<Record<string, string>>,
): Answer {
  return { ...answer, headers: { ...answer.headers, ...headers } };
}

/** An answer that no cache keeps; problems take its body under a type of their own. */
export function json(status: number, value: unknown): Answer {
  const headers = {
    "content-type": "application/json",
    "cache-control": "no-store",
  };
  return { status, headers, body: JSON.stringify(value) };
}
