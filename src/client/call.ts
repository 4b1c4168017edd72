/** One HTTP request to one node, and how it ended. */

/** A request that any node of the ring can be sent. */
export interface CallRequest {
  readonly method: "GET" | "HEAD" | "PUT" | "POST" | "PATCH" | "DELETE";
  /** From the slash, with the query. */
  readonly path: string;
  /** What is absent here is not sent. */
  readonly headers?: Readonly<Record<string, string | undefined>>;
  readonly body?: Uint8Array<ArrayBuffer> | string;
}

/** What a node of a ring answered, with whatever status, read to its end. */
export interface NodeAnswer {
  readonly kind: "answer";
  readonly node: string;
  readonly status: number;
  readonly headers: Pick<Headers, "get" | "has">;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/** Why no node's answer is there, and whether the request may have had an effect. */
export type CallFailure =
  /** The node certainly did not receive the request. */
  | { readonly kind: "not-sent"; readonly reason: string }
  /** It may have been executed: time-out, connection lost, or an answer that is not ringwalk's. */
  | { readonly kind: "unknown"; readonly reason: string };

/** How a call ended: by an answer, which may be a refusal, or without one. */
export type CallOutcome = NodeAnswer | CallFailure;

interface CallOptions {
  readonly timeoutMs: number;
  readonly signal?: AbortSignal | undefined;
}

/** Never throws: an abort ends as `unknown`. */
export type Call = (
  node: string,
  request: CallRequest,
  options: CallOptions,
) => Promise<CallOutcome>;

/** The same, with another way to read the answer; its time is the call's, too, and its errors end as a failure. */
export type Exchange = <T>(
  node: string,
  request: CallRequest,
  options: CallOptions & {
    readonly read: (response: Response) => Promise<T>;
  },
) => Promise<T | CallFailure>;

/** The header that marks an answer as ringwalk's own, not a proxy's or a platform's. */
export const protocolHeader = "ringwalk";

/** `headers` go with every request; `fetch` is the runtime's own unless another is given (a service binding, a fake). */
export function createExchange(given: {
  readonly fetch?: typeof globalThis.fetch;
  readonly headers?: Readonly<Record<string, string>>;
}): Exchange {
  return async (node, request, { timeoutMs, signal, read }) => {
    const { method, path, headers, body } = request;
    // A timer that is cleared: AbortSignal.timeout keeps one for every request, answered or not, until it fires.
    const timeout = new AbortController();
    const timer = setTimeout(() => timeout.abort(), timeoutMs);
    try {
      const response = await (given.fetch ?? globalThis.fetch)(node + path, {
        method,
        headers: definedIn({ ...given.headers, ...headers }),
        ...(body !== undefined && { body }),
        redirect: "manual",
        signal: signal
          ? AbortSignal.any([signal, timeout.signal])
          : timeout.signal,
      });
      return response.headers.has(protocolHeader)
        ? await read(response)
        : foreign(response.status);
    } catch (error) {
      if (timeout.signal.aborted)
        return {
          kind: "unknown",
          reason: `no answer in ${Math.ceil(timeoutMs)} ms`,
        };
      return callFailure(error);
    } finally {
      clearTimeout(timer);
    }
  };
}

/** A call by what `createExchange` takes. */
export function createCall(given: Parameters<typeof createExchange>[0]): Call {
  return callBy(createExchange(given));
}

/** 4xx and 5xx are answers; a repetition is decided on where the whole operation is seen. */
export function callBy(exchange: Exchange): Call {
  return (node, request, options) =>
    exchange(node, request, {
      ...options,
      read: (response) => answerOf(node, response),
    });
}

/** The whole answer. */
export async function answerOf(
  node: string,
  response: Response,
): Promise<NodeAnswer> {
  const { status, headers } = response;
  const bytes = new Uint8Array(await response.arrayBuffer());
  return { kind: "answer", node, status, headers, bytes };
}

/** Its body. */
export function textOf({ bytes }: Pick<NodeAnswer, "bytes">): string {
  return new TextDecoder().decode(bytes);
}

function definedIn(
  headers: Readonly<Record<string, string | undefined>>,
): Record<string, string> {
  const defined: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers))
    if (value !== undefined) defined[name] = value;
  return defined;
}

/** What has answered is a proxy, a platform, or another server. */
export function foreign(status: number): CallFailure {
  const reason = `something answered ${status} that is not a ringwalk node`;
  return { kind: "unknown", reason };
}

/** The connection's error is the innermost cause; where a runtime hides it, the outcome stays unknown. */
export function callFailure(error: unknown): CallFailure {
  const chain = causesOf(error);
  const reason = chain.at(-1)?.message || chain[0]?.message || String(error);
  return { kind: chain.some(isBeforeSending) ? "not-sent" : "unknown", reason };
}

function causesOf(error: unknown): readonly Error[] {
  const chain: Error[] = [];
  for (let at = error; at instanceof Error; at = at.cause) chain.push(at);
  return chain;
}

function isBeforeSending(error: Error): boolean {
  const { syscall, code, message } = error as Error & {
    syscall?: unknown;
    code?: unknown;
  };
  return (
    // Node.js, and Deno where it follows Node.js
    syscall === "connect" ||
    syscall === "getaddrinfo" ||
    code === "ECONNREFUSED" ||
    code === "UND_ERR_CONNECT_TIMEOUT" ||
    // Bun
    code === "ConnectionRefused" ||
    // Neither Deno's own errors nor what `fetch` refuses has a code; their messages name the step.
    /tcp connect error|dns error|bad port/.test(message)
  );
}
