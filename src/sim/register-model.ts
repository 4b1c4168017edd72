/** One key as clients may see it: a value with its revision, or nothing; the sequential model of a ringwalk register. */
import {
  conditionsOf,
  type Expiry,
  isRefusal,
  isWrite,
  type Operation,
  type Outcome,
} from "./history.ts";
import type { Model } from "./linearizability-search.ts";
import { type LogicalOperation, revisionOf } from "./logical-operation.ts";
import { isNumber, numberOf, sumOf } from "./number-value.ts";
import { createPhases } from "./register-phases.ts";
import {
  conditionsHold,
  nothing,
  type RegisterState,
  revisionOnce,
  stateOf,
  withFact,
  writeOnce,
} from "./register-state.ts";
import { findRevisions, type Revisions } from "./revisions.ts";

/**
 * The model of the key that `operations` are about. It starts with nothing there. `eventual` are its eventual gets:
 * they constrain nothing, but they may be the only ones to tell an unknown write's revision.
 *
 * An expiring value may turn absent by itself at any time from `expiresNotBefore` on: an internal, optional
 * operation, which is taken together with the first operation that could not take place without it, or that leaves
 * something else with it.
 */
export function createRegisterModel(
  operations: readonly LogicalOperation[],
  eventual: readonly Operation[] = [],
): Model<LogicalOperation, RegisterState> {
  const isCounted = operations.some(({ input }) => input.kind === "increment");
  const told = valuesTold(operations);
  const context: Context = {
    revisions: findRevisions(operations, eventual),
    matters: (value) => told.has(value) || (isCounted && isNumber(value)),
  };
  const classes = new Map(
    operations.map((operation) => [operation, classOf(context, operation)]),
  );
  return {
    init: stateOf({ present: false, done: [] }),
    step: (state, operation, latest) => {
      const { expiresNotBefore = Infinity, expiresNotAfter = Infinity } = state;
      const after =
        operation.call <= expiresNotAfter
          ? apply(context, state, operation)
          : [];
      const isEnough = after.length > 0 && !leavesWhatItFound(operation);
      return isEnough || expiresNotBefore > latest
        ? after
        : [...after, ...apply(context, nothing(state.done), operation)];
    },
    key: (state) => state.key,
    observes: ({ input, outcome }) => !isWrite(input) || isRefusal(outcome),
    ...createPhases(operations, isCounted),
    classOf: (operation) => classes.get(operation),
  };
}

interface Context {
  readonly revisions: Revisions;
  /** Whether a get was told the value, or an increment may have found it. All others are alike. */
  readonly matters: (value: string) => boolean;
}

/** Whether the operation leaves another state of a value whose time is over than of one whose time is not. */
function leavesWhatItFound({ input, outcome }: LogicalOperation): boolean {
  return input.kind === "increment" && !isRefusal(outcome);
}

function valuesTold(
  operations: readonly LogicalOperation[],
): ReadonlySet<string> {
  return new Set(
    operations.flatMap(({ outcome }) =>
      outcome.kind === "value" ? [outcome.value] : [],
    ),
  );
}

function apply(
  context: Context,
  state: RegisterState,
  operation: LogicalOperation,
): readonly RegisterState[] {
  const { input, outcome } = operation;
  switch (outcome.kind) {
    case "value":
      return state.present &&
        state.value === outcome.value &&
        (outcome.revision === undefined || state.revision === outcome.revision)
        ? [state]
        : [];
    case "absent":
      return state.present ? [] : [state];
    case "condition-failed":
      return failsCondition(state, operation, outcome) ? [state] : [];
    case "refused":
      return refuses(state, operation, outcome) ? [state] : [];
    case "applied":
    case "unknown":
      if (!isWrite(input) || !conditionsHold(input.conditions, state))
        return [];
      if (
        outcome.kind === "applied" &&
        outcome.created !== undefined &&
        outcome.created === state.present
      )
        return [];
      return write(context, state, operation);
    default:
      return [];
  }
}

/** Whether a 412 is right here: the condition does not hold, and the write has not taken place before. */
function failsCondition(
  state: RegisterState,
  operation: LogicalOperation,
  { current }: Outcome & { kind: "condition-failed" },
): boolean {
  if (conditionsHold(conditionsOf(operation.input), state)) return false;
  if (hasTakenPlace(state, operation)) return false;
  if (current === undefined) return true;
  return current === null
    ? !state.present
    : state.present && state.revision === current;
}

/** Whether the write is refused here for what is there, and has not taken place before. */
function refuses(
  state: RegisterState,
  operation: LogicalOperation,
  { reason, value }: Outcome & { kind: "refused" },
): boolean {
  const { input } = operation;
  if (!conditionsHold(conditionsOf(input), state)) return false;
  if (hasTakenPlace(state, operation)) return false;
  if (input.kind === "touch") return reason === "no-such-key" && !state.present;
  if (input.kind !== "increment") return false;
  const number = numberIn(state);
  if (number === undefined) return reason === "not-a-number";
  return (
    reason === "out-of-bounds" &&
    sumOf(number, input) === undefined &&
    (value === undefined || Number(value) === number)
  );
}

function hasTakenPlace(
  { done }: RegisterState,
  { id, guarded }: LogicalOperation,
): boolean {
  return guarded && done.includes(writeOnce(id));
}

/** What an increment finds; absent when it is no number. */
function numberIn({ present, value }: RegisterState): number | undefined {
  if (!present) return 0;
  return value === undefined ? undefined : numberOf(value);
}

function write(
  context: Context,
  state: RegisterState,
  operation: LogicalOperation,
): readonly RegisterState[] {
  const { id, input, guarded } = operation;
  const done = guarded ? withFact(state.done, writeOnce(id)) : state.done;
  switch (input.kind) {
    case "put":
      return leave(context, operation, {
        ...endOf(operation, input),
        value: input.value,
        done,
      });
    case "increment":
      return count(context, { ...state, done }, operation);
    case "touch":
      return touch({ ...state, done }, operation);
    default:
      return [nothing(done)];
  }
}

function count(
  context: Context,
  state: RegisterState,
  operation: LogicalOperation,
): readonly RegisterState[] {
  const { input, outcome } = operation;
  const number = numberIn(state);
  if (input.kind !== "increment" || number === undefined) return [];
  const value = sumOf(number, input);
  const told = outcome.kind === "applied" ? outcome.value : undefined;
  if (value === undefined || (told ?? value) !== value) return [];
  const end = endOf(operation, state.present ? state : input);
  return leave(context, operation, { ...end, value, done: state.done });
}

function touch(
  { expiresNotBefore: _, expiresNotAfter: __, ...state }: RegisterState,
  operation: LogicalOperation,
): readonly RegisterState[] {
  const { input, outcome } = operation;
  if (input.kind !== "touch" || !state.present) return [];
  const told = outcome.kind === "applied" ? outcome.revision : undefined;
  if (told !== undefined && told !== state.revision) return [];
  return [stateOf({ ...state, ...endOf(operation, input) })];
}

/** All moments before the operation's call are alike: they have come whenever it takes place. */
function endOf(
  { call }: LogicalOperation,
  { expiresNotBefore, expiresNotAfter }: Expiry,
): Expiry {
  return {
    ...(expiresNotBefore !== undefined && {
      expiresNotBefore: expiresNotBefore <= call ? longSince : expiresNotBefore,
    }),
    ...(expiresNotAfter !== undefined && { expiresNotAfter }),
  };
}

const longSince = Number.MIN_SAFE_INTEGER;

/** The states in which the value is there, one for each revision that the write may have given it. */
function leave(
  { revisions, matters }: Context,
  operation: LogicalOperation,
  {
    value,
    done,
    ...end
  }: Expiry & { readonly value: string; readonly done: readonly string[] },
): readonly RegisterState[] {
  const told = revisionOf(operation);
  return revisions.possible(operation).flatMap((revision) => {
    const shared = revision !== undefined && revisions.shared.has(revision);
    if (shared && done.includes(revisionOnce(revision))) return [];
    // Of one that was told it is the reader's answer that is wrong.
    const isGuess = revision !== undefined && revision !== told;
    if (isGuess && !revisions.fits(revision, value)) return [];
    return stateOf({
      ...end,
      present: true,
      ...(matters(value) && { value }),
      ...(revision !== undefined && { revision }),
      done: shared ? withFact(done, revisionOnce(revision)) : done,
    });
  });
}

function classOf(
  { revisions, matters }: Context,
  operation: LogicalOperation,
): string | undefined {
  const { input, guarded } = operation;
  if (guarded) return undefined;
  const isLikeOthers = input.kind === "put" && !matters(input.value);
  return JSON.stringify([
    {
      ...input,
      ...("expiresNotBefore" in input && endOf(operation, input)),
      ...(isLikeOthers && { value: null }),
    },
    revisions.possible(operation),
  ]);
}
