/** How far asking a ring to take this node in has come, and how long it is still worth it. */
import { fail, type RingError } from "../core/errors.ts";
import type { Clock } from "../ports.ts";
import { createDeadline } from "./deadline.ts";

/** For so long a ring that cannot decide is asked: with the last round it makes less than a minute. */
const patienceMs = 45_000;

/** What is known after some rounds of asking. */
export interface JoinCourse {
  rounds: number;
  /** Whether a member has said that the change is decided. */
  isDecided: boolean;
  lastError: RingError;
  /** Whether the ring has not been able to decide for `patienceMs`. */
  isOutOfPatience(): boolean;
  renewPatience(): void;
  /** Lets go of the timer. */
  cancel(): void;
}

export const unanswered = fail(
  "join_unreachable",
  "No member of the ring answered.",
).error;

export function newCourse(clock: Clock): JoinCourse {
  let patience = createDeadline(clock, patienceMs);
  return {
    rounds: 0,
    isDecided: false,
    lastError: unanswered,
    isOutOfPatience: () => patience.isOver(),
    renewPatience() {
      patience.cancel();
      patience = createDeadline(clock, patienceMs);
    },
    cancel: () => patience.cancel(),
  };
}
