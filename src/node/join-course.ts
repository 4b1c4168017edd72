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
  /** The ring is alive: it has all of its time again. */
  renewPatience(): void;
  /** Lets go of the timer. */
  cancel(): void;
}

/** Why a join has not come about when nobody of the ring has answered so far. */
export const unanswered = fail(
  "join_unreachable",
  "No member of the ring answered.",
).error;

/** Its patience begins with the call; `cancel` it when nobody asks any more. */
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
