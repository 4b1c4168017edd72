/** Requests to the node that the page reads from: with the token, and with a problem where there is one. */
import { readToken } from "./session.ts";

/** Why a request failed, for a person. */
export interface Trouble {
  /** `no_answer`: the node was not reached. */
  readonly code: string;
  readonly message: string;
  readonly status: number;
  /** The token that was sent is for keys that begin so. */
  readonly prefix?: string;
}

/** How a request ended: nobody has to catch anything. */
export type Called<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly trouble: Trouble };

/** A request without its path; the token goes along by itself. */
export interface Call extends Omit<RequestInit, "headers"> {
  readonly headers?: Readonly<Record<string, string>>;
}

/** Long enough for a node that tries for eight seconds. */
const timeoutMs = 15_000;

/** Asks whichever node the page reads from at that moment; a request without a signal of its own ends within 15 seconds. */
export interface Caller {
  /** The answer, whatever its status; throws when there is none. */
  fetch(path: string, call?: Call): Promise<Response>;
  /** The answer if it is a good one (`isFine`: 2xx unless given). */
  call(
    path: string,
    call?: Call,
    isFine?: (status: number) => boolean,
  ): Promise<Called<Response>>;
}

/** `base` is the url of the node that the page reads from at the moment. */
export function createCaller(base: () => string): Caller {
  const fetchIt: Caller["fetch"] = (path, { headers, ...init } = {}) => {
    const token = readToken();
    return fetch(base() + path, {
      ...init,
      headers: {
        ...(token !== undefined && { authorization: `Bearer ${token}` }),
        ...headers,
      },
      cache: "no-store",
      // What stands in front of the node may know the reader by a cookie; the node has none.
      credentials: "same-origin",
      redirect: "error",
      signal: init.signal ?? AbortSignal.timeout(timeoutMs),
    });
  };
  return {
    fetch: fetchIt,
    async call(path, call, isFine = (status) => status < 300) {
      try {
        const response = await fetchIt(path, call);
        return isFine(response.status)
          ? { ok: true, value: response }
          : { ok: false, trouble: await troubleOf(response) };
      } catch {
        return { ok: false, trouble: noAnswer };
      }
    },
  };
}

const noAnswer: Trouble = {
  code: "no_answer",
  message:
    "The node did not answer. If this was a change, it may have happened: look before you repeat it.",
  status: 0,
};

/** The problem in an answer (RFC 9457). */
export async function troubleOf(response: Response): Promise<Trouble> {
  const { status } = response;
  try {
    const { code, detail, details } = (await response.json()) as NodeProblem;
    const said = { code: String(code), message: String(detail), status };
    return { ...said, ...prefixIn(details) };
  } catch {
    return {
      code: `http_${status}`,
      message: "The node did not say why.",
      status,
    };
  }
}

interface NodeProblem {
  readonly code: unknown;
  readonly detail: unknown;
  readonly details?: Readonly<Record<string, unknown>>;
}

function prefixIn(details: NodeProblem["details"]): Pick<Trouble, "prefix"> {
  const prefix = details?.prefix;
  return typeof prefix === "string" ? { prefix } : {};
}

/** The path of a key: in the query, which carries every key. */
export function keyPath(
  key: string,
  more: Record<string, string> = {},
): string {
  return `/db?${new URLSearchParams({ key, ...more })}`;
}

/** The entity tag that stands in a header, as the text of a revision. */
export function revisionIn(headers: Headers): string | undefined {
  return /^"(.*)"$/.exec(headers.get("etag") ?? "")?.[1];
}

/** As much of a revision as people compare: without the process that proposed it. */
export function shortRevision(revision: string): string {
  return revision.split("-", 2).join("-");
}
