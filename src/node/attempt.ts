/** Runs the step machines of core: sends what they say, and feeds them what comes back. */
import type { Ballot } from "../core/ballot.ts";
import {
  beginChange,
  type ChangeEvent,
  type ChangeInput,
  type ChangeOutcome,
  type ChangePhase,
  type ChangeStep,
  stepChange,
} from "../core/change.ts";
import type { Layout } from "../core/layout.ts";
import type { Address } from "../core/message.ts";
import {
  beginRead,
  type ReadEvent,
  type ReadInput,
  type ReadOutcome,
  type ReadStep,
  stepRead,
} from "../core/read.ts";
import type { Clock } from "../ports.ts";
import type { WalkStep } from "./api.ts";
import type { PeerOutcome } from "./batcher.ts";
import type { Round } from "./meter.ts";
import type { Voters } from "./voters.ts";

type VoteRequest = Parameters<Voters["ask"]>[2];

/** One try at one register, in one layout from its first message to its last; and who is told of what comes back. */
export interface Attempt {
  readonly voters: Voters;
  readonly layout: Layout;
  readonly address: Address;
  /** Takes note of every ballot that a reply names. */
  readonly observe: (ballot: Ballot) => void;
  readonly onStep?: ((step: WalkStep) => void) | undefined;
  /** Called with every reply that comes while the attempt is under way, and why there was none. */
  readonly onOutcome?:
    | ((from: string, outcome: PeerOutcome) => void)
    | undefined;
  /**
   * Called when a replica has not taken an accept that others may have: it is behind until somebody repairs it. Not before
   * every accept of the attempt has its end, as a comparison would find replicas alike that are about to take it.
   */
  readonly onMissed?: (() => void) | undefined;
  /** Whether this node is no replica that stays: then the replicas compare what they have taken. */
  readonly isOutside?: boolean;
  /** Called for each round of messages. */
  readonly onRound?: (round: Round) => void;
  /** Of the operation; it goes on with every request. */
  readonly traceparent?: string;
  /** The id under which this node is told of later changes of what it reads. */
  readonly watcher?: string;
  /** Ends the attempt early. Nothing is sent after that. */
  readonly signal?: AbortSignal | undefined;
}

/** One attempt at a change. When the signal ends it, it is lost, and may take effect if an accept was sent. */
export function attemptChange(
  attempt: Attempt,
  input: ChangeInput,
): Promise<ChangeOutcome> {
  const { voters, layout, address, observe } = attempt;
  return new Promise((resolve) => {
    let isOver = false;
    const accepts = createAcceptWatch(attempt);
    let step: ChangeStep = beginChange(input);

    function finish(outcome: ChangeOutcome): void {
      isOver = true;
      attempt.signal?.removeEventListener("abort", onAbort);
      resolve(outcome);
    }

    function onAbort(): void {
      const mayTakeEffect = step.state.phase === "accept";
      finish({ kind: "lost", promised: input.ballot, mayTakeEffect });
    }

    async function send(
      to: string,
      of: ChangePhase,
      request: VoteRequest,
    ): Promise<void> {
      const outcome = await accepts.during(request, () =>
        voters.ask(layout, to, traced(attempt, request)),
      );
      noteStep(attempt, to, request.kind, outcome);
      if (isOver) return;
      attempt.onOutcome?.(to, outcome);
      take(stepChange(step.state, changeEvent(to, of, outcome, observe)));
    }

    function take(next: ChangeStep): void {
      step = next;
      for (const effect of next.effects) {
        if (effect.kind === "end") {
          finish(effect.outcome);
          return;
        }
        const { ballot } = input;
        const isPrepare = effect.kind === "send-prepare";
        attempt.onRound?.(isPrepare ? "prepare" : "accept");
        for (const to of effect.to)
          void (effect.kind === "send-prepare"
            ? send(to, "prepare", { kind: "prepare", ...address, ballot })
            : send(to, "accept", {
                kind: "accept",
                ...address,
                ballot,
                entry: effect.entry,
                ...(input.next && { next: input.next }),
                ...(attempt.isOutside && { outside: true }),
              }));
      }
    }

    attempt.signal?.addEventListener("abort", onAbort);
    if (attempt.signal?.aborted) onAbort();
    else take(step);
  });
}

function changeEvent(
  from: string,
  of: ChangePhase,
  outcome: PeerOutcome,
  observe: (ballot: Ballot) => void,
): ChangeEvent {
  switch (outcome.kind) {
    case "promised":
      observe(outcome.accepted);
      observe(outcome.floor);
      return { ...outcome, from };
    case "accepted":
      return { ...outcome, from };
    case "refused":
      observe(outcome.promised);
      return { ...outcome, from, of };
    default:
      return { kind: "failed", from, of };
  }
}

/** Watches the accepts of an attempt, also after its end. */
function createAcceptWatch({ onMissed }: Attempt) {
  let openCount = 0;
  let isMissed = false;
  return {
    async during(
      { kind }: VoteRequest,
      ask: () => Promise<PeerOutcome>,
    ): Promise<PeerOutcome> {
      if (kind !== "accept") return ask();
      openCount++;
      const outcome = await ask();
      openCount--;
      if (outcome.kind !== "accepted") isMissed = true;
      if (isMissed && openCount === 0) onMissed?.();
      return outcome;
    },
  };
}

/** One fast read. `hedgeDelayMs` after its start the replicas outside the first wave are asked too. */
export function attemptRead(
  attempt: Attempt,
  input: ReadInput,
  hedge: { readonly clock: Clock; readonly delayMs: number },
): Promise<ReadOutcome> {
  const { voters, layout, address, observe, watcher } = attempt;
  const told = watcher === undefined ? {} : { watcher };
  return new Promise((resolve) => {
    let isOver = false;
    const accepts = createAcceptWatch(attempt);
    let step: ReadStep = beginRead(input);
    const cancelHedge = hedge.clock.timer(hedge.delayMs, () => {
      if (!isOver) take(stepRead(step.state, { kind: "hedge" }));
    });

    function finish(outcome: ReadOutcome): void {
      isOver = true;
      cancelHedge();
      attempt.signal?.removeEventListener("abort", onAbort);
      resolve(outcome);
    }

    function onAbort(): void {
      finish({ kind: "unreachable" });
    }

    async function send(to: string, request: VoteRequest): Promise<void> {
      const outcome = await accepts.during(request, () =>
        voters.ask(layout, to, traced(attempt, request)),
      );
      noteStep(attempt, to, request.kind, outcome);
      if (isOver) return;
      attempt.onOutcome?.(to, outcome);
      take(stepRead(step.state, readEvent(to, outcome, observe)));
    }

    function take(next: ReadStep): void {
      step = next;
      for (const effect of next.effects) {
        if (effect.kind === "end") {
          finish(effect.outcome);
          return;
        }
        // The entry is asked of one replica, and ballots of the others: one round.
        if (effect.kind === "send-accept") attempt.onRound?.("write-back");
        else if (effect.withEntry) attempt.onRound?.("read");
        for (const to of effect.to) {
          if (effect.kind === "send-read") {
            const { withEntry } = effect;
            void send(to, { kind: "read", ...address, withEntry, ...told });
          } else {
            const { ballot, entry } = effect;
            void send(to, {
              kind: "accept",
              ...address,
              ballot,
              entry,
              ...(attempt.isOutside && { outside: true }),
            });
          }
        }
      }
    }

    attempt.signal?.addEventListener("abort", onAbort);
    if (attempt.signal?.aborted) onAbort();
    else take(step);
  });
}

function readEvent(
  from: string,
  outcome: PeerOutcome,
  observe: (ballot: Ballot) => void,
): ReadEvent {
  switch (outcome.kind) {
    case "state":
      observe(outcome.accepted);
      return { ...outcome, from };
    case "accepted":
      return { kind: "accepted", from };
    case "refused":
      observe(outcome.promised);
      return { kind: "refused", from };
    default:
      return { kind: "failed", from };
  }
}

function noteStep(
  { onStep, layout }: Attempt,
  to: string,
  request: string,
  outcome: PeerOutcome,
): void {
  if (!onStep) return;
  const member = layout.members.find(({ id }) => id === to)?.name ?? to;
  const isTold =
    request === "read" || request === "prepare" || request === "accept";
  if (isTold) onStep({ member, request, outcome: outcome.kind });
}

function traced<Request extends VoteRequest>(
  { traceparent }: Attempt,
  request: Request,
): Request {
  return traceparent === undefined ? request : { ...request, traceparent };
}
