/** One HTTP request to one node, and how it ended. */
import { createFetch } from "ofetch";

export interface CallRequest {
  readonly method: "GET" | "HEAD" | "PUT" | "POST" | "PATCH" | "DELETE";
  /** From the slash, with the query. */
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Uint8Array<ArrayBuffer>;
}

export interface NodeAnswer {
  readonly kind: "answer";
  readonly node: string;
  readonly status: number;
  readonly headers: Headers;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

export type CallOutcome =
  | NodeAnswer
  /** The node certainly did not receive the request. */
  | { readonly kind: "not-sent"; readonly reason: string }
  /** It may have been executed: time-out, connection lost, or an answer that is not ringwalk's. */
  | { readonly kind: "unknown"; readonly reason: string };

interface CallOptions {
  readonly timeoutMs: number;
  readonly signal?: AbortSignal;
}

/** Never throws: an abort ends as `unknown`. */
export type Call = (
  node: string,
  request: CallRequest,
  options: CallOptions,
) => Promise<CallOutcome>;

/** The header that marks an answer as ringwalk's own, not a proxy's or a platform's. */
export const protocolHeader = "ringwalk";

/** `headers` go with every request; `fetch` is the runtime's own unless another is given (a service binding, a fake). */
export function createCall(options: {
  readonly fetch?: typeof globalThis.fetch;
  readonly headers?: Readonly<Record<string, string>>;
}): Call {
  const ofetch = createFetch({
    fetch: options.fetch ?? ((...request) => globalThis.fetch(...request)),
    Headers: globalThis.Headers,
    AbortController: globalThis.AbortController,
  });
  return async (node, request, { timeoutMs, signal }) => {
    // A timer that is cleared: AbortSignal.timeout keeps one for every request, answered or not, until it fires.
    const timeout = new AbortController();
    const timer = setTimeout(() => timeout.abort(), timeoutMs);
    try {
      const response = await ofetch.raw(node + request.path, {
        method: request.method,
        headers: { ...options.headers, ...request.headers },
        ...(request.body && { body: request.body }),
        responseType: "arrayBuffer",
        // 4xx and 5xx are answers; a repetition is decided on where the whole operation is seen.
        ignoreResponseError: true,
        retry: false,
        redirect: "manual",
        signal: signal
          ? AbortSignal.any([signal, timeout.signal])
          : timeout.signal,
      });
      const { status, headers } = response;
      if (!headers.has(protocolHeader)) return foreign(status);
      const bytes = new Uint8Array(response._data ?? new ArrayBuffer());
      return { kind: "answer", node, status, headers, bytes };
    } catch (error) {
      if (timeout.signal.aborted)
        return { kind: "unknown", reason: `no answer in ${timeoutMs} ms` };
      return callFailure(error);
    } finally {
      clearTimeout(timer);
    }
  };
}

function foreign(status: number): CallOutcome {
  const reason = `something answered ${status} that is not a ringwalk node`;
  return { kind: "unknown", reason };
}

/** The connection's error is the innermost cause; where a runtime hides it, the outcome stays unknown. */
export function callFailure(error: unknown): Exclude<CallOutcome, NodeAnswer> {
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
    // Deno's own errors have no codes; their messages name the step.
    /tcp connect error|dns error/.test(message)
  );
}
