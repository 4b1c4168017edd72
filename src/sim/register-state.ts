/** The states of a register as clients may see it, each with a text that tells it from every other. */
import type { Conditions, Expiry } from "./history.ts";

/** What is under one key between two operations, and what can no longer happen to it. */
export interface RegisterState extends Expiry {
  readonly present: boolean;
  /** Absent when nothing is there, or a value that no get of the history was told: such values are all alike. */
  readonly value?: string;
  /** Absent when the history never mentions it again. */
  readonly revision?: string;
  /** What may happen once only and has happened: operations that take place, revisions that are given. Sorted. */
  readonly done: readonly string[];
  /** Tells states apart. */
  readonly key: string;
}

/** A key without a value: never put, deleted or over. */
export function nothing(done: readonly string[]): RegisterState {
  return stateOf({ present: false, done });
}

/** Gives the state its text; `done` has to be sorted. */
export function stateOf(state: Omit<RegisterState, "key">): RegisterState {
  const { present, value, revision, expiresNotBefore, expiresNotAfter, done } =
    state;
  const key = JSON.stringify([
    present,
    value,
    revision,
    expiresNotBefore,
    expiresNotAfter,
    done,
  ]);
  return { ...state, key };
}

/** The facts with this one among them, once, and sorted as `done` has to be. */
export function withFact(
  facts: readonly string[],
  fact: string,
): readonly string[] {
  return facts.includes(fact) ? facts : [...facts, fact].sort();
}

/** The fact that the write of this id took place. */
export function writeOnce(id: string): string {
  return `write ${id}`;
}

/** The fact that a write was given this revision. */
export function revisionOnce(revision: string): string {
  return `revision ${revision}`;
}

/** Whether they hold of this state; absent ones do. */
export function conditionsHold(
  conditions: Conditions | undefined,
  { present, revision }: RegisterState,
): boolean {
  const matches = (wanted: "*" | readonly string[]) =>
    present &&
    (wanted === "*" || (revision !== undefined && wanted.includes(revision)));
  const { ifMatch, ifNoneMatch } = conditions ?? {};
  if (ifMatch !== undefined && !matches(ifMatch)) return false;
  return ifNoneMatch === undefined || !matches(ifNoneMatch);
}
