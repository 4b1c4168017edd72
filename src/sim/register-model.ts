/** One key as clients may see it: a value with its revision, or nothing; the sequential model of a ringwalk register. */
import type { Conditions, Operation, Outcome } from "./history.ts";
import type { Model } from "./linearizability-search.ts";
import type { LogicalOperation } from "./logical-operation.ts";
import { findRevisions, type Revisions } from "./revisions.ts";

export interface RegisterState {
  readonly present: boolean;
  /** Absent when nothing is there, or a value that no get of the history was told: such values are all alike. */
  readonly value?: string;
  /** Absent when the history never mentions it again. */
  readonly revision?: string;
  readonly expiresNotBefore?: number;
  readonly expiresNotAfter?: number;
  /** What may happen once only and has happened: operations that take place, revisions that are given. Sorted. */
  readonly done: readonly string[];
  /** Tells states apart. */
  readonly key: string;
}

/**
 * The model of the key that `operations` are about. It starts with nothing there. `eventual` are its eventual gets:
 * they constrain nothing, but they may be the only ones to tell an unknown write's revision.
 *
 * An expiring put's value may turn absent by itself at any time from `expiresNotBefore` on: an internal, optional
 * operation, which is taken together with the first operation that could not take place without it.
 */
export function createRegisterModel(
  operations: readonly LogicalOperation[],
  eventual: readonly Operation[] = [],
): Model<LogicalOperation, RegisterState> {
  const revisions = findRevisions(operations, eventual);
  const context: Context = {
    revisions,
    valuesTold: valuesTold(operations),
    valuesOnce: valuesOnce(operations),
  };
  const classes = new Map(
    operations.map((operation) => [operation, classOf(context, operation)]),
  );
  return {
    init: stateOf({ present: false, done: [] }),
    step: (state, operation, latest) => {
      const { expiresNotBefore, expiresNotAfter = Infinity } = state;
      if (operation.call <= expiresNotAfter) {
        const after = apply(context, state, operation);
        if (after.length > 0) return after;
      }
      return expiresNotBefore !== undefined && expiresNotBefore <= latest
        ? apply(context, nothing(state.done), operation)
        : [];
    },
    key: (state) => state.key,
    observes: ({ input, outcome }) =>
      input.kind === "get" || outcome.kind === "condition-failed",
    phaseOf: (state) => phaseOf(context, state),
    needs: (operation) => phaseNeeded(context, operation),
    classOf: (operation) => classes.get(operation),
  };
}

/** While a revision is there, or a value that was put once only. */
function phaseOf(
  { valuesOnce }: Context,
  {
    value,
    revision,
  }: {
    readonly value?: string | undefined;
    readonly revision?: string | undefined;
  },
): string | undefined {
  if (revision !== undefined) return `revision ${revision}`;
  return value !== undefined && valuesOnce.has(value)
    ? `value ${value}`
    : undefined;
}

function phaseNeeded(
  context: Context,
  { input, outcome }: LogicalOperation,
): string | undefined {
  switch (outcome.kind) {
    case "value":
      return phaseOf(context, outcome);
    case "condition-failed":
      return phaseOf(context, { revision: outcome.current ?? undefined });
    case "applied": {
      const ifMatch = "conditions" in input ? input.conditions?.ifMatch : [];
      const [revision, ...others] = ifMatch === "*" ? [] : (ifMatch ?? []);
      return others.length === 0 ? phaseOf(context, { revision }) : undefined;
    }
    default:
      return undefined;
  }
}

interface Context {
  readonly revisions: Revisions;
  /** By a get. */
  readonly valuesTold: ReadonlySet<string>;
  /** By one put, so that they come once only. */
  readonly valuesOnce: ReadonlySet<string>;
}

function valuesOnce(
  operations: readonly LogicalOperation[],
): ReadonlySet<string> {
  const once = new Set<string>();
  const again = new Set<string>();
  for (const { input, outcome } of operations) {
    if (input.kind !== "put" || outcome.kind === "condition-failed") continue;
    (once.has(input.value) ? again : once).add(input.value);
  }
  return new Set([...once].filter((value) => !again.has(value)));
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
      return refuses(state, operation, outcome) ? [state] : [];
    case "applied":
    case "unknown":
      if (input.kind !== "put" && input.kind !== "delete") return [];
      if (!conditionsHold(input.conditions, state)) return [];
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
function refuses(
  state: RegisterState,
  { id, input, guarded }: LogicalOperation,
  { current }: Outcome & { kind: "condition-failed" },
): boolean {
  if (input.kind !== "put" && input.kind !== "delete") return false;
  if (conditionsHold(input.conditions, state)) return false;
  if (guarded && state.done.includes(writeOnce(id))) return false;
  if (current === undefined) return true;
  return current === null
    ? !state.present
    : state.present && state.revision === current;
}

function conditionsHold(
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

function write(
  { revisions, valuesTold }: Context,
  state: RegisterState,
  operation: LogicalOperation,
): readonly RegisterState[] {
  const { id, input, guarded } = operation;
  const done = guarded ? withFact(state.done, writeOnce(id)) : state.done;
  if (input.kind !== "put") return [nothing(done)];
  const { value, expiresNotBefore, expiresNotAfter } = input;
  return revisions.possible(operation).flatMap((revision) => {
    const shared = revision !== undefined && revisions.shared.has(revision);
    if (shared && state.done.includes(revisionOnce(revision))) return [];
    const facts = shared ? withFact(done, revisionOnce(revision)) : done;
    return stateOf({
      present: true,
      ...(valuesTold.has(value) && { value }),
      ...(revision !== undefined && { revision }),
      ...(expiresNotBefore !== undefined && { expiresNotBefore }),
      ...(expiresNotAfter !== undefined && { expiresNotAfter }),
      done: facts,
    });
  });
}

function classOf(
  { revisions, valuesTold }: Context,
  operation: LogicalOperation,
): string | undefined {
  const { input, guarded } = operation;
  if (guarded) return undefined;
  const told = input.kind === "put" && valuesTold.has(input.value);
  return JSON.stringify([
    input.kind === "put" && !told ? { ...input, value: null } : input,
    revisions.possible(operation),
  ]);
}

function nothing(done: readonly string[]): RegisterState {
  return stateOf({ present: false, done });
}

function stateOf(state: Omit<RegisterState, "key">): RegisterState {
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

function withFact(facts: readonly string[], fact: string): readonly string[] {
  return facts.includes(fact) ? facts : [...facts, fact].sort();
}

function writeOnce(id: string): string {
  return `write ${id}`;
}

function revisionOnce(revision: string): string {
  return `revision ${revision}`;
}
