/** A node's refusal as an error: what `application/problem+json` says, in the class that fits. */
import { type NodeAnswer, textOf } from "./call.ts";
import {
  ConditionFailedError,
  type FailedAttempt,
  RingwalkError,
  UnauthorizedError,
  UnavailableError,
} from "./errors.ts";

interface Problem {
  readonly code: string;
  readonly detail: string;
  readonly details?: Readonly<Record<string, unknown>>;
}

/** The error that an answer of 400 or above stands for. */
export function errorOfAnswer(
  answer: NodeAnswer,
  attempts: readonly FailedAttempt[] = [],
): RingwalkError {
  const { status, node } = answer;
  const { code, detail, details } = problemOf(answer);
  const options = {
    code,
    message: detail,
    status,
    node,
    attempts,
    ...(details && { details }),
  };
  if (status === 412) return new ConditionFailedError(options);
  if (code === "unauthorized" || code === "forbidden")
    return new UnauthorizedError(options);
  if (status === 503 || status === 429) return new UnavailableError(options);
  return new RingwalkError(options);
}

/** What a person should read in a list of attempts. */
export function reasonOfAnswer(answer: NodeAnswer): string {
  const { code, detail } = problemOf(answer);
  return `${code}: ${detail}`;
}

function problemOf(answer: NodeAnswer): Problem {
  const { status } = answer;
  try {
    const problem: Partial<Problem> = JSON.parse(textOf(answer));
    const { code, detail } = problem;
    if (typeof code === "string" && typeof detail === "string")
      return { ...problem, code, detail };
  } catch {
    // It comes from something between here and the node.
  }
  return { code: `http_${status}`, detail: `The node answered ${status}.` };
}
