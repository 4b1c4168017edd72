/** Every course that a fast read can take: all orders of the answers of the replicas, with the hedge at any moment. */
import {
  type Ballot,
  ballotZero,
  isZero,
  sameBallot,
} from "../../src/core/ballot.ts";
import { type Entry, nothingEntry } from "../../src/core/entry.ts";
import type { Quorum } from "../../src/core/quorum.ts";
import {
  beginRead,
  type ReadEffect,
  type ReadEvent,
  type ReadOutcome,
  type ReadState,
  type ReadStep,
  stepRead,
} from "../../src/core/read.ts";

/** The epoch that the read is of. */
export const epoch = 2;
/** A ballot by its counter; of the epoch of the read unless given another. */
export const at = (counter: number, ofEpoch = epoch): Ballot => ({
  epoch: ofEpoch,
  counter,
  proposer: "p",
});
/** The entry that was accepted first at `revision`. */
export const entryOf = (revision: Ballot): Entry => ({
  ...nothingEntry(ballotZero, 0),
  value: Uint8Array.of(revision.counter),
  revision,
});

/** What a replica holds, and whether it answers reads and takes accepts. */
export interface Replica {
  readonly accepted: Ballot;
  readonly isDead?: boolean;
  readonly refuses?: boolean;
}

interface Sent {
  readonly to: string;
  readonly effect: Exclude<ReadEffect, { kind: "end" }>;
}

/** A course as far as it has come. */
export interface Course {
  readonly state: ReadState;
  readonly waiting: readonly Sent[];
  readonly resentTo: readonly string[];
  readonly entriesAskedOf: readonly string[];
  readonly outcome: ReadOutcome | undefined;
}

/** Every course that a read can take: in each state any awaited answer may come next, or the hedge. */
export function allCourses(
  quorum: Quorum,
  firstWave: readonly string[],
  replicas: Readonly<Record<string, Replica>>,
  options: { readonly hedges: boolean } = { hedges: true },
): readonly Course[] {
  const ends: Course[] = [];
  const begun = beginRead({ quorum, epoch, firstWave });
  const start: Course = {
    state: begun.state,
    waiting: [],
    resentTo: [],
    entriesAskedOf: [],
    outcome: undefined,
  };
  const open = [continued(start, begun)];
  for (let course = open.pop(); course; course = open.pop()) {
    if (course.outcome) {
      ends.push(course);
      continue;
    }
    const { waiting, state } = course;
    // A read that waits for nobody and has not ended would hang.
    if (waiting.length === 0) throw new Error("the read is stuck");
    for (const [index, sent] of waiting.entries()) {
      const event = answerOf(sent, replicas[sent.to]);
      const left = { ...course, waiting: waiting.toSpliced(index, 1) };
      open.push(continued(left, stepRead(state, event)));
    }
    const hasHedged = state.asked.length > firstWave.length;
    if (options.hedges && state.phase === "ask" && !hasHedged) {
      const hedged = stepRead(state, { kind: "hedge" });
      if (hedged.effects.length > 0) open.push(continued(course, hedged));
    }
  }
  return ends;
}

function continued(course: Course, { state, effects }: ReadStep): Course {
  let next: Course = { ...course, state };
  for (const effect of effects) {
    if (effect.kind === "end") next = { ...next, outcome: effect.outcome };
    else
      next = {
        ...next,
        waiting: [...next.waiting, ...effect.to.map((to) => ({ to, effect }))],
        resentTo:
          effect.kind === "send-accept"
            ? [...next.resentTo, ...effect.to]
            : next.resentTo,
        entriesAskedOf:
          effect.kind === "send-read" && effect.withEntry
            ? [...next.entriesAskedOf, ...effect.to]
            : next.entriesAskedOf,
      };
  }
  return next;
}

function answerOf(
  { to, effect }: Sent,
  replica: Replica | undefined,
): ReadEvent {
  if (!replica || replica.isDead) return { kind: "failed", from: to };
  if (effect.kind === "send-accept")
    return { kind: replica.refuses ? "refused" : "accepted", from: to };
  const { accepted } = replica;
  const hasEntry = effect.withEntry && !isZero(accepted);
  return {
    kind: "state",
    from: to,
    accepted,
    ...(hasEntry && { entry: entryOf(accepted) }),
  };
}

/** The replicas of the cases with one set. */
export const ids = ["a", "b", "c"];
export const one: Quorum = [ids];

/** Every way in which three replicas can stand: nothing, an old epoch's state, two of this epoch; dead; refusing. */
export function* situations(): Generator<Readonly<Record<string, Replica>>> {
  const states: readonly Replica[] = [
    { accepted: ballotZero },
    { accepted: at(9, 1) },
    { accepted: at(1) },
    { accepted: at(1), refuses: true },
    { accepted: at(2) },
    { accepted: ballotZero, isDead: true },
  ];
  for (const a of states)
    for (const b of states) for (const c of states) yield { a, b, c };
}

/** Those that answer. */
export const living = (replicas: Readonly<Record<string, Replica>>) =>
  Object.entries(replicas).filter(([, { isDead }]) => !isDead);

/** The ballot that a majority of all three holds or exceeds for good; absent when there is none. */
export function decidedOf(
  replicas: Readonly<Record<string, Replica>>,
): Ballot | undefined {
  const all = Object.values(replicas).map(({ accepted }) => accepted);
  return all.find(
    (ballot) => all.filter((other) => sameBallot(other, ballot)).length >= 2,
  );
}
