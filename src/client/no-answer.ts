/** A request to one node that had no answer, as an error. */
import type { CallOutcome } from "./call.ts";
import {
  OutcomeUnknownError,
  type RingwalkError,
  UnreachableError,
} from "./errors.ts";

/** `whatThen` goes on where the sentence says that the node did not answer, and tells how to find out what it did. */
export function errorOfNoAnswer(
  { kind, reason }: Exclude<CallOutcome, { kind: "answer" }>,
  node: string,
  whatThen: string,
): RingwalkError {
  const attempts = [{ node, reason }];
  return kind === "not-sent"
    ? new UnreachableError({
        code: "unreachable",
        message: `${node} cannot be reached (${reason}). Check the url, and that the node runs.`,
        attempts,
      })
    : new OutcomeUnknownError({
        message: `${node} did not answer (${reason})${whatThen}`,
        attempts,
      });
}
