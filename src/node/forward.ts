/** The one forward that an operation takes at a time: to a replica that coordinates it. */
import type { Ballot } from "../core/ballot.ts";
import { type Layout, memberOf } from "../core/layout.ts";
import type { Answer, Operation } from "../core/operation.ts";
import { randomId } from "../core/random.ts";
import type { Clock, Random } from "../ports.ts";
import type { Timing, WalkStep } from "./api.ts";
import type { PeerOutcome } from "./batcher.ts";
import type { Meter } from "./meter.ts";
import type { Peers } from "./peers.ts";
import type { ChangeResult } from "./results.ts";

/** How a forward travels, how long it is waited for, and who counts it. */
export interface ForwardParts {
  readonly peers: Peers;
  readonly clock: Clock;
  readonly random: Random;
  readonly timing: Timing;
  readonly meter: Pick<Meter, "forwarded">;
}

/** What is forwarded, to the replica `id` of `layout`. */
export interface Forward {
  readonly layout: Layout;
  readonly id: string;
  readonly key: string;
  readonly operation: Operation;
  readonly after: Ballot;
  readonly mayRepeat: boolean;
  /** How long the caller still waits; the replica is given one call's time at most. */
  readonly timeoutMs: number;
  readonly traceparent?: string | undefined;
  readonly onStep: ((step: WalkStep) => void) | undefined;
}

/** What became of a forward. `not-sent`: it was certainly not executed there. */
export type Forwarded =
  | Exclude<ChangeResult, { kind: "committed" }>
  | { readonly kind: "committed"; readonly answer: Answer }
  /** It may have been executed there. */
  | { readonly kind: "unanswered" }
  | { readonly kind: "not-sent" }
  | { readonly kind: "overloaded" };

/** In hedge delays: beyond what a forward takes on a busy machine, where the next replica would find this one at work. */
const patience = 7;

/**
 * Has a replica coordinate the operation. One that does not answer for a while counts as unanswered while the call goes
 * on: a member that hangs must not hold up a write for as long as a call may take. So it is with the first forward of
 * an operation alone; later ones have their time, or coordinators that are merely slow would get into each other's way.
 */
export function forward(
  parts: ForwardParts,
  request: Forward,
): Promise<Forwarded> {
  const { clock, timing } = parts;
  return new Promise((resolve) => {
    let isOver = false;
    const finish = (forwarded: Forwarded, outcome: string) => {
      if (isOver) return;
      isOver = true;
      cancel();
      const { layout, id, onStep } = request;
      const member = memberOf(layout, id)?.name ?? id;
      onStep?.({ member, request: "execute", outcome });
      parts.meter.forwarded(outcome);
      resolve(forwarded);
    };
    const cancel = request.mayRepeat
      ? () => {}
      : clock.timer(patience * timing.hedgeDelayMs, () =>
          finish({ kind: "unanswered" }, "unreachable"),
        );
    void send(parts, request).then((outcome) => {
      const isExecuted = outcome.kind === "executed";
      finish(
        forwardedOf(outcome),
        isExecuted ? outcome.outcome.kind : outcome.kind,
      );
    });
  });
}

function send(
  { peers, timing, random }: ForwardParts,
  { layout, id, onStep: _, traceparent, ...request }: Forward,
): Promise<PeerOutcome> {
  // The coordinator ends before its caller gives it up, so that an answer is not missed.
  const timeoutMs = Math.min(request.timeoutMs, timing.peerCallTimeoutMs);
  return peers.send(layout, id, {
    kind: "execute",
    attempt: randomId(random),
    ...request,
    ...(traceparent !== undefined && { traceparent }),
    timeoutMs,
  });
}

function forwardedOf(outcome: PeerOutcome): Forwarded {
  switch (outcome.kind) {
    case "executed":
      return outcome.outcome;
    case "unreachable":
      return { kind: outcome.wasSent ? "unanswered" : "not-sent" };
    case "overloaded":
      return outcome;
    case "stale":
      return { kind: "not-sent" };
    default:
      // An error answer: the peer shut the door before it began.
      return { kind: "not-sent" };
  }
}
