/** Errors as `application/problem+json` (RFC 9457) with a stable `code`. */
import { fail, type RingError } from "../core/errors.ts";
import { type Answer, json } from "./answer.ts";
import { type ProblemCode, statusOfCode } from "./status.ts";

/** An error on its way to a caller: the message is for a person, `code` and `details` are for a program. */
export interface Problem extends Omit<RingError, "code"> {
  readonly code: ProblemCode;
}

/** The answer to a request that ended with an error. `headers` are added to it. */
export function problem(
  error: Problem,
  headers: Readonly<Record<string, string>> = {},
): Answer {
  const status = statusOfCode[error.code];
  const { body } = json(status, {
    status,
    code: error.code,
    detail: error.message,
    ...(error.details && { details: error.details }),
  });
  return {
    status,
    headers: {
      "content-type": "application/problem+json",
      "cache-control": "no-store",
      ...hintsOfStatus[status],
      ...headers,
    },
    body,
  };
}

const hintsOfStatus: Readonly<Record<number, Record<string, string>>> = {
  // RFC 9110, section 15.5.2: a 401 names the scheme to use.
  401: { "www-authenticate": 'Bearer realm="ringwalk"' },
  429: { "retry-after": "1" },
  503: { "retry-after": "1" },
};

/** What is said to whoever comes when too much is under way. */
export const { error: overloaded } = fail(
  "overloaded",
  "This node has as many requests under way as it takes; nothing was applied. Try again later, or ask another node.",
);

/** What is said when the code is wrong, and not the request. */
export const internal: Problem = {
  code: "internal",
  message: "This node met a defect; its log says which.",
};
