/**
 * Every course of two proposers on one key with three acceptors: breadth first over all interleavings, states merged.
 * A message that is on its way may be handled and answered, or time out at its sender; one that its sender no longer
 * waits for may still be handled, at any later time or never. So answers are lost and requests come late.
 */
import { type Ballot, ballotZero, epochStart } from "../../src/core/ballot.ts";
import {
  beginChange,
  type ChangeEvent,
  type ChangeOutcome,
  type ChangeStep,
  stepChange,
} from "../../src/core/change.ts";
import type { Operation } from "../../src/core/operation.ts";
import type { Quorum } from "../../src/core/quorum.ts";
import {
  prepare,
  type Register,
  registerEmpty,
  accept as soundAccept,
} from "../../src/core/register.ts";
import {
  acceptorIds,
  forgotten,
  keyOf,
  type Message,
  outcomesOf,
  proposerOf,
  replace,
  type State,
  type Told,
} from "./two-proposers-state.ts";

/** What is tried, and how far. */
export interface Setup {
  /** The operations of each proposer, one after the other. */
  readonly operations: readonly [readonly Operation[], readonly Operation[]];
  /** Attempts at one operation, the first included. */
  readonly attemptsMax: number;
  /** Messages that may time out while their sender waits; those it no longer waits for are late or lost at no cost. */
  readonly timeoutsMax: number;
  readonly isSticky: boolean;
  /** The counters that they begin at; 0 unless given. */
  readonly counters?: readonly [number, number];
  /** A broken part in place of the real one: the model must find out. */
  readonly accept?: typeof soundAccept;
  readonly quorums?: readonly [Quorum, Quorum];
}

/** What was found. */
export interface Exploration {
  readonly stateCount: number;
  /** Different sets of outcomes in which the proposers can end. */
  readonly ends: ReadonlySet<string>;
  /** The first state that breaks a promise, in words; absent when none does. */
  readonly violation?: string;
}

/** Visits every state once, and stops at the first that `violationOf` finds fault with. */
export function explore(
  setup: Setup,
  violationOf: (
    acceptors: readonly Register[],
    told: readonly Told[],
  ) => string | undefined,
): Exploration {
  const first = [0, 1].reduce<State>(
    (state, who) => beginAttempt(setup, state, who),
    {
      acceptors: acceptorIds.map(() => registerEmpty),
      messages: [],
      proposers: [0, 1].map((who) => ({
        at: 0,
        attempts: 0,
        counter: setup.counters?.[who] ?? 0,
        after: ballotZero,
        mayRepeat: false,
      })),
      told: [],
      timeouts: 0,
    },
  );
  const seen = new Set([keyOf(first)]);
  const ends = new Set<string>();
  let frontier: readonly State[] = [first];
  while (frontier.length > 0) {
    const nextFrontier: State[] = [];
    for (const state of frontier) {
      if (state.proposers.every(({ change }) => !change))
        ends.add(outcomesOf(state));
      for (const cluttered of successors(setup, state)) {
        const successor = withoutVain(setup, cluttered);
        const key = keyOf(successor);
        if (seen.has(key)) continue;
        seen.add(key);
        const violation = violationOf(successor.acceptors, successor.told);
        if (violation) return { stateCount: seen.size, ends, violation };
        nextFrontier.push(successor);
      }
    }
    frontier = nextFrontier;
  }
  return { stateCount: seen.size, ends };
}

function* successors(setup: Setup, state: State): Generator<State> {
  for (const [index, message] of state.messages.entries()) {
    const messages = state.messages.toSpliced(index, 1);
    const { acceptors, event } = handle(setup, state, message);
    const handled = { ...state, acceptors, messages };
    if (!message.isAwaited) yield handled;
    else {
      yield inform(setup, handled, message.from, event);
      if (state.timeouts < setup.timeoutsMax) {
        const late = state.messages.with(index, {
          ...message,
          isAwaited: false,
        });
        const failed: ChangeEvent = {
          kind: "failed",
          from: acceptorIds[message.to] ?? "",
          of: message.proposal ? "accept" : "prepare",
        };
        const timedOut = {
          ...state,
          messages: late,
          timeouts: state.timeouts + 1,
        };
        yield inform(setup, timedOut, message.from, failed);
      }
    }
  }
}

/** The acceptors after one has handled the message, and the answer. */
function handle(
  { accept = soundAccept }: Setup,
  { acceptors }: State,
  message: Message,
) {
  const { to, ballot, proposal } = message;
  const register = acceptors[to] ?? registerEmpty;
  const floor = epochStart(1);
  const step = proposal
    ? accept(register, proposal, floor)
    : prepare(register, ballot, floor);
  const from = acceptorIds[to] ?? "";
  const of = proposal ? "accept" : "prepare";
  const event: ChangeEvent =
    step.reply.kind === "promised"
      ? { ...step.reply, from, floor, collectedAt: 0 }
      : step.reply.kind === "accepted"
        ? { ...step.reply, from }
        : { ...step.reply, from, of };
  return { acceptors: acceptors.with(to, step.register ?? register), event };
}

/** The proposer hears an answer, or that there is none. */
function inform(
  setup: Setup,
  state: State,
  who: number,
  event: ChangeEvent,
): State {
  const proposer = state.proposers[who];
  if (!proposer?.change) return state;
  const met = [
    ...(event.kind === "promised" ? [event.accepted] : []),
    ...(event.kind === "refused" ? [event.promised] : []),
  ];
  const counter = Math.max(
    proposer.counter,
    ...met.map((ballot) => ballot.counter),
  );
  return carryOut(
    setup,
    replace(state, who, { ...proposer, counter }),
    who,
    stepChange(proposer.change, event),
  );
}

function carryOut(
  setup: Setup,
  state: State,
  who: number,
  { state: change, effects }: ChangeStep,
): State {
  let result = replace(state, who, { ...proposerOf(state, who), change });
  for (const effect of effects) {
    if (effect.kind === "end")
      return endAttempt(setup, result, who, effect.outcome);
    const { ballot } = change.input;
    const { next } = change.input;
    const sent = acceptorIds.map(
      (_, to): Message => ({
        to,
        from: who,
        ballot,
        isAwaited: true,
        ...(effect.kind === "send-accept" && {
          proposal: { ballot, entry: effect.entry, ...(next && { next }) },
        }),
      }),
    );
    // Those of the phase that is over are awaited no more.
    result = {
      ...result,
      messages: [...forgotten(result.messages, who), ...sent],
    };
  }
  return result;
}

function endAttempt(
  setup: Setup,
  state: State,
  who: number,
  outcome: ChangeOutcome,
): State {
  const proposer = proposerOf(state, who);
  const { change, next, ...rest } = proposer;
  const operation = setup.operations[who]?.[proposer.at];
  if (!change || !operation) throw new Error("nothing was under way");
  const messages = forgotten(state.messages, who);
  const { ballot } = change.input;
  const isLast = proposer.attempts >= setup.attemptsMax;
  if (outcome.kind === "lost" && !isLast) {
    const mayRepeat = proposer.mayRepeat || outcome.mayTakeEffect;
    const retrying = replace({ ...state, messages }, who, {
      ...rest,
      mayRepeat,
    });
    return beginAttempt(setup, retrying, who);
  }
  const isHeld =
    outcome.kind === "committed" && outcome.sticky && next !== undefined;
  const done = replace(
    {
      ...state,
      messages,
      told: [...state.told, { operation, outcome, ballot }],
    },
    who,
    {
      ...rest,
      at: proposer.at + 1,
      attempts: 0,
      mayRepeat: false,
      after: { epoch: 1, counter: proposer.counter, proposer: "" },
      ...(isHeld && { sticky: { ballot: next, entry: outcome.entry } }),
    },
  );
  return beginAttempt(setup, done, who);
}

function beginAttempt(setup: Setup, state: State, who: number): State {
  const { sticky, ...proposer } = proposerOf(state, who);
  const operation = setup.operations[who]?.[proposer.at];
  if (!operation) return state;
  let { counter } = proposer;
  const ballotOf = (): Ballot => ({
    epoch: 1,
    counter: ++counter,
    proposer: "PQ"[who] ?? "",
  });
  const ballot = sticky?.ballot ?? ballotOf();
  const next = setup.isSticky ? ballotOf() : undefined;
  const begun = beginChange({
    quorum: setup.quorums?.[who] ?? [acceptorIds],
    operation,
    ballot,
    ...(next && { next }),
    ...(sticky && { stickyEntry: sticky.entry }),
    now: 0,
    floor: epochStart(1),
    after: { ...proposer.after, epoch: 1 },
    mayRepeat: proposer.mayRepeat,
  });
  const attempts = proposer.attempts + 1;
  const trying = { ...proposer, attempts, counter, ...(next && { next }) };
  return carryOut(setup, replace(state, who, trying), who, begun);
}

/**
 * Without the late messages that can change nothing any more, for promises only rise: the states are far fewer. When
 * nobody proposes any more a late prepare is as vain.
 */
function withoutVain(setup: Setup, state: State): State {
  const isOver = state.proposers.every(({ change }) => !change);
  const messages = state.messages.filter((message) => {
    if (message.isAwaited) return true;
    if (isOver && !message.proposal) return false;
    const before = state.acceptors[message.to];
    return handle(setup, state, message).acceptors[message.to] !== before;
  });
  return { ...state, messages };
}
