/** What the attempts of one operation have shown, and what its caller is told in the end. */
import { boundHeader, repeatedHeader } from "./bound.ts";
import type { NodeAnswer } from "./call.ts";
import {
  type FailedAttempt,
  OutcomeUnknownError,
  type RingwalkError,
  UnreachableError,
  WrongRingError,
} from "./errors.ts";
import { errorOfAnswer } from "./problem.ts";
import type { Stray } from "./ring-pin.ts";

/** What the attempts so far have shown. */
export interface Journey {
  /** By the clock of `now`. */
  readonly deadline: number;
  readonly attempts: FailedAttempt[];
  /** Nodes that answered that they cannot: asking them again at once would not help. */
  readonly refusing: Set<string>;
  /** Nodes that turned out to be in another ring. */
  readonly strays: Map<string, Stray>;
  /** The last answer that another node might not have given. */
  lastAnswer: NodeAnswer | undefined;
  /** Whether an attempt of this write ended without telling its outcome. */
  mayHaveHappened: boolean;
  /** What all attempts of this write are sent under. */
  bound: string | undefined;
}

/** With an idempotency key it is a write. */
interface Keyed {
  readonly idempotencyKey?: string;
}

/** Why a node that is in another ring gave no answer. */
export const strayReason = "it is in another ring";

/** What a request says of the write's earlier attempts. */
export function pastOf(
  { bound, mayHaveHappened }: Journey,
  idempotencyKey: string,
) {
  return {
    "idempotency-key": idempotencyKey,
    [boundHeader]: bound || undefined,
    [repeatedHeader]: bound && mayHaveHappened ? "1" : undefined,
  };
}

/** The answer, unless it stands for an error, which is thrown. */
export function checked(
  answer: NodeAnswer,
  operation: Keyed,
  journey: Journey,
): NodeAnswer {
  if (answer.status < 400 || isMissingKey(answer)) return answer;
  const error = errorOfAnswer(answer, journey.attempts);
  // An earlier attempt may have changed the key, or may do so yet: "nothing was changed" is more than is known.
  if (
    saysUnchanged(error) &&
    operation.idempotencyKey !== undefined &&
    journey.mayHaveHappened
  )
    throw outcomeUnknown(operation, journey, error);
  throw error;
}

/** The node refused because of what it found under the key, or of what the key has forgotten. */
function saysUnchanged({ code }: RingwalkError): boolean {
  return [
    "condition_failed",
    "not_a_number",
    "out_of_bounds",
    "no_such_key",
    "bound_outdated",
  ].includes(code);
}

/** "No such key" is an empty 404; one with a body is a wrong path. */
function isMissingKey({ status, bytes }: NodeAnswer): boolean {
  return status === 404 && bytes.byteLength === 0;
}

/** What is known of an operation that no node has answered for good. */
export function errorOf(operation: Keyed, journey: Journey): RingwalkError {
  if (operation.idempotencyKey !== undefined && journey.mayHaveHappened)
    return outcomeUnknown(operation, journey);
  const { lastAnswer, attempts } = journey;
  if (
    attempts.length > 0 &&
    attempts.every(({ reason }) => reason === strayReason)
  )
    return new WrongRingError({
      message: `Every node is in another ring than this client (${summary(journey)}). Nothing was changed: name nodes of its ring, or make a new client.`,
      attempts,
    });
  if (lastAnswer) return errorOfAnswer(lastAnswer, attempts);
  return new UnreachableError({
    code: "unreachable",
    message: `No node answered (${summary(journey)}). Check the url, and that the node runs.`,
    attempts,
  });
}

function outcomeUnknown(
  { idempotencyKey }: Keyed,
  journey: Journey,
  cause?: unknown,
): OutcomeUnknownError {
  return new OutcomeUnknownError({
    message: `The write may or may not have happened (${summary(journey)}). Repeat it with the same idempotency key${journey.bound ? " and bound" : ""}, or read the key.`,
    attempts: journey.attempts,
    cause,
    ...(idempotencyKey !== undefined && { idempotencyKey }),
    ...(journey.bound && { bound: journey.bound }),
  });
}

function summary({ attempts }: Journey): string {
  const last = attempts.at(-1);
  return last
    ? `attempt ${attempts.length}, at ${last.node}: ${last.reason}`
    : "there was no time to ask one";
}
