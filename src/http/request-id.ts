/** A name for each request, by which its answer, its log lines and whoever sent it speak of it. */
import type { Answer } from "./answer.ts";

/** A request may bring its own; the app's answers have it, but for those between nodes. */
export const requestIdHeader = "x-request-id";

/** Nothing that could break a line or a header. */
const sane = /^[\w.:@/+=-]{1,128}$/;

/** One for each app; asked again about a request that brought no id, it gives another one. */
interface RequestIds {
  /** The one that the request brings, if it is sane; else one of this process's own. */
  of(request: Request): string;
}

/** Ids of different processes differ; to number them costs nothing. */
export function createRequestIds(): RequestIds {
  let prefix: string | undefined;
  let count = 0;
  return {
    of({ headers }) {
      const given = headers.get(requestIdHeader);
      if (given !== null && sane.test(given)) return given;
      // Random values are not to be had before the first request, on Workers.
      prefix ??= crypto.randomUUID().slice(0, 18);
      return `${prefix}-${(count++).toString(36)}`;
    },
  };
}

/** The answer with the request's id, which a problem tells in its body too. */
export function withRequestId(answer: Answer, id: string): Answer {
  const headers = { ...answer.headers, [requestIdHeader]: id };
  const { body } = answer;
  const isProblem =
    answer.status >= 400 &&
    typeof body === "string" &&
    answer.headers["content-type"] === "application/problem+json";
  return isProblem
    ? { ...answer, headers, body: inProblem(body, id) }
    : { ...answer, headers };
}

/** Behind the code, which every problem has; the id has no character that JSON would escape. */
function inProblem(body: string, id: string): string {
  return body.replace(/"code":"\w+"/, (code) => `${code},"requestId":"${id}"`);
}
