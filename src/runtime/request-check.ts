/** What a server refuses in a request's first lines before the app sees it, the same on every runtime. */
import { headBytesMax } from "../core/limits.ts";
import { type Answer, finish } from "../http/answer.ts";
import { problem } from "../http/problem.ts";

/** The answers, ready to go out; whoever sends one ends the request with it. */
export const refusals = {
  dotSegment: () =>
    finish(
      problem({
        code: "invalid_key",
        message: "A path cannot carry . and .. as segments: use /db?key=.",
      }),
    ),
  notHttp: () =>
    finish(
      problem({
        code: "invalid_encoding",
        message: "The request line or the headers are not valid HTTP.",
      }),
    ),
  headersTooLarge: () =>
    finish(
      problem({
        code: "headers_too_large",
        message: `The request line and the headers have more than ${headBytesMax} bytes together.`,
      }),
    ),
  uriTooLong: () =>
    finish(
      problem({
        code: "uri_too_long",
        message: `The request's target has more than ${headBytesMax} bytes.`,
      }),
    ),
  unknownMethod: () =>
    finish(
      problem(
        { code: "method_not_allowed", message: "There is no such method." },
        { allow: "GET, HEAD, PUT, POST, PATCH, DELETE" },
      ),
    ),
} as const satisfies Readonly<Record<string, () => Answer>>;

/** A url's dot segments are resolved before a handler sees them (RFC 3986, section 5.2.4), so another key would be meant. */
export function hasDotSegment(target: string): boolean {
  return /^[^?#]*\/(?:\.|%2e){1,2}(?:[/?#]|$)/i.test(target);
}
