/** What servers share that answer a `Request` by a `Response`: checks before the app, and the farewell in every answer. */
import { headBytesMax } from "../core/limits.ts";
import { type Answer, type Deliver, toResponse } from "../http/answer.ts";
import { hasDotSegment, refusals } from "./request-check.ts";
import type { Fetch } from "./server.ts";

/** What a runtime's server calls for each request, and how answers go out by it. */
export interface WebServer {
  readonly answer: Fetch;
  readonly deliver: Deliver;
  /** See `HttpServer.sayFarewell`. */
  sayFarewell(): void;
}

/** What stands between the runtime's server and `fetch`. */
export function createWebServer(fetch: Fetch): WebServer {
  let isClosing = false;
  const deliver: Deliver = (answer, env) =>
    toResponse(isClosing ? lastOnItsConnection(answer) : answer, env);
  return {
    answer(request) {
      const refusal = refusalOf(request);
      return refusal ? deliver(refusal, undefined) : fetch(request);
    },
    deliver,
    sayFarewell() {
      isClosing = true;
    },
  };
}

/** RFC 9112, section 9.6. */
function lastOnItsConnection(answer: Answer): Answer {
  return { ...answer, headers: { ...answer.headers, connection: "close" } };
}

function refusalOf({ url, headers }: Request): Answer | undefined {
  // A host with other characters could begin the path, and without one (RFC 9112, section 3.2) there is no whole url.
  if (!isHost(headers.get("host")) || !isWhole(url)) return refusals.notHttp();
  if (url.length > headBytesMax) return refusals.uriTooLong();
  return hasDotSegment(url) ? refusals.dotSegment() : undefined;
}

/** RFC 3986, section 3.2.2, without percent-encoding: names, IPv4 and IPv6 addresses, and a port. */
function isHost(host: string | null): boolean {
  return host !== null && /^(?:[\w.-]+|\[[\da-fA-F:.]+\])(?::\d*)?$/.test(host);
}

/** Not what CONNECT asks for, and without a backslash, which some read as a slash. */
function isWhole(url: string): boolean {
  return url.indexOf("/", 8) !== -1 && !url.includes("\\");
}
