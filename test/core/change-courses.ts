/** Every course that one attempt at a change can take: all orders of the answers of three replicas, however they behave. */
import { type Ballot, ballotZero, epochStart } from "../../src/core/ballot.ts";
import {
  beginChange,
  type ChangeEffect,
  type ChangeEvent,
  type ChangeInput,
  type ChangeOutcome,
  type ChangeState,
  type ChangeStep,
  stepChange,
} from "../../src/core/change.ts";
import { type Entry, nothingEntry } from "../../src/core/entry.ts";
import type { Quorum } from "../../src/core/quorum.ts";

/** A ballot by its counter; another proposer's unless given. */
export const at = (counter: number, proposer = "other"): Ballot => ({
  epoch: 2,
  counter,
  proposer,
});
/** The ballot of the attempt. */
export const ballot = at(10, "me");
/** The entry that was accepted first at `revision`. */
export const entryOf = (revision: Ballot): Entry => ({
  ...nothingEntry(epochStart(1), 5),
  value: Uint8Array.of(revision.counter),
  revision,
});

/** The replicas. */
export const ids = ["a", "b", "c"];
/** One set of all three. */
export const one: Quorum = [ids];
/** An identity change: what it proposes tells what it found. */
export const input: ChangeInput = {
  quorum: one,
  operation: { kind: "refresh", expire: false },
  ballot,
  next: at(11, "me"),
  now: 1_000,
  floor: epochStart(2),
  after: ballotZero,
  mayRepeat: false,
};

type PrepareAnswer = "nothing" | "older" | "newer" | "refused" | "failed";
type AcceptAnswer = "accepted" | "sticky" | "refused" | "failed";
/** How a replica answers the prepare, and how the accept. */
export type Replica = readonly [PrepareAnswer, AcceptAnswer];
/** Replicas by id. */
export type Replicas = Readonly<Record<string, Replica>>;

const accepted = { nothing: ballotZero, older: at(1), newer: at(2) };

/** The answer of a replica that behaves so. */
export function answerOf(
  from: string,
  effect: "send-prepare" | "send-accept",
  [prepare, accept]: Replica,
): ChangeEvent {
  const of = effect === "send-prepare" ? "prepare" : "accept";
  const answer = of === "prepare" ? prepare : accept;
  switch (answer) {
    case "refused":
      return {
        kind: "refused",
        from,
        of,
        promised: at(of === "prepare" ? 20 : 30),
      };
    case "failed":
      return { kind: "failed", from, of };
    case "accepted":
    case "sticky":
      return { kind: "accepted", from, sticky: answer === "sticky" };
    default: {
      const held = accepted[answer];
      const entry = answer === "nothing" ? {} : { entry: entryOf(held) };
      return {
        kind: "promised",
        from,
        accepted: held,
        ...entry,
        floor: ballotZero,
        collectedAt: 0,
      };
    }
  }
}

type Send = Exclude<ChangeEffect, { kind: "end" }>;

/** A course as far as it has come. */
export interface Course {
  readonly state: ChangeState;
  readonly waiting: readonly {
    readonly to: string;
    readonly kind: Send["kind"];
  }[];
  /** The answers so far, in the order in which they came. */
  readonly events: readonly ChangeEvent[];
  readonly accepts: readonly Extract<Send, { kind: "send-accept" }>[];
  /** How many answers had come when the accept was sent. */
  readonly acceptedAfter?: number;
  readonly outcome?: ChangeOutcome;
}

/** Every course that the attempt can take: in each state any answer that is on its way may come next. */
export function* allCourses(
  from: ChangeInput,
  replicas: Replicas,
): Generator<Course> {
  const begun = beginChange(from);
  const empty = { state: begun.state, waiting: [], events: [], accepts: [] };
  const open: Course[] = [continued(empty, begun)];
  for (let course = open.pop(); course; course = open.pop()) {
    if (course.outcome) {
      yield course;
      continue;
    }
    if (course.waiting.length === 0) throw new Error("the attempt is stuck");
    for (const [index, { to, kind }] of course.waiting.entries()) {
      const event = answerOf(to, kind, replicas[to] ?? ["failed", "failed"]);
      const next = {
        ...course,
        waiting: course.waiting.toSpliced(index, 1),
        events: [...course.events, event],
      };
      open.push(continued(next, stepChange(course.state, event)));
    }
  }
}

function continued(course: Course, { state, effects }: ChangeStep): Course {
  let next: Course = { ...course, state };
  for (const effect of effects) {
    if (effect.kind === "end") {
      next = { ...next, outcome: effect.outcome };
      continue;
    }
    const sends = effect.to.map((to) => ({ to, kind: effect.kind }));
    next = { ...next, waiting: [...next.waiting, ...sends] };
    if (effect.kind === "send-accept")
      next = {
        ...next,
        accepts: [...next.accepts, effect],
        acceptedAfter: next.events.length,
      };
  }
  return next;
}

/** How a replica may take part: from agreeing to both to answering neither. */
export const behaviours: readonly Replica[] = [
  ["nothing", "accepted"],
  ["older", "sticky"],
  ["newer", "sticky"],
  ["newer", "refused"],
  ["older", "failed"],
  ["refused", "sticky"],
  ["refused", "refused"],
  ["failed", "accepted"],
  ["failed", "failed"],
];

/** Every choice of three behaviours: who shows which plays no part, for all orders of answers are tried. */
export function* situations(): Generator<Replicas> {
  for (const [i, a] of behaviours.entries())
    for (const [j, b] of behaviours.entries())
      for (const c of behaviours.slice(j)) if (j >= i) yield { a, b, c };
}

/** Whom the events of one kind came from. */
export const from = (
  events: readonly ChangeEvent[],
  kind: ChangeEvent["kind"],
) => events.flatMap((event) => (event.kind === kind ? [event.from] : []));
