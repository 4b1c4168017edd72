/** Logical operations: the attempts of one operation on one key, which takes place at most once, seen as one. */
import type { Interval } from "./entry-list.ts";
import {
  describeOperation,
  type Input,
  type Operation,
  type Outcome,
} from "./history.ts";

export interface LogicalOperation extends Interval {
  readonly id: string;
  readonly input: Input;
  readonly outcome: Outcome;
  /** The attempt that stands for it. */
  readonly attempt: Operation;
  /** The attempt whose answer cannot be explained without it: its own, or that of one who saw what it wrote. */
  readonly explains: Operation;
  /** One attempt was told that a condition did not hold, and another may have been applied: the 412 came first. */
  readonly guarded: boolean;
}

/**
 * What has to be linearized of one key's operations. A get that was answered and a 412 are observations of their own;
 * that of a 412 was made between the first attempt's call and the answer, as every operation is decided once.
 * The attempts that may have written are one write: it took place between the first of their calls and the first
 * answer that says so; without such an answer, at any time after the first call, or never. Failed attempts, gets
 * without an answer and eventual gets say nothing.
 */
export function logicalOperations(
  operations: readonly Operation[],
): readonly LogicalOperation[] {
  return [...Map.groupBy(operations, ({ id }) => id).values()].flatMap(
    (attempts) => {
      for (const attempt of attempts) assertWellFormed(attempt, attempts[0]);
      const writes = attempts.filter(mayHaveWritten);
      const failed = attempts.filter(
        ({ outcome }) => outcome.kind === "condition-failed",
      );
      const told = attempts.filter(
        ({ input, outcome }) =>
          input.kind === "get" &&
          (outcome.kind === "value" || outcome.kind === "absent"),
      );
      const guarded = failed.length > 0 && writes.length > 0;
      // A repetition may be told what was decided at an earlier attempt.
      const call = Math.min(...attempts.map((attempt) => attempt.call));
      const early = failed.map((attempt) => ({ attempt, call }));
      const own = told.map((attempt) => ({ attempt, call: attempt.call }));
      const observations = [...own, ...early].map(({ attempt, call }) => ({
        ...attempt,
        call,
        attempt,
        explains: attempt,
        guarded,
      }));
      return writes.length > 0
        ? [...observations, { ...mergeWrites(writes), guarded }]
        : observations;
    },
  );
}

function mayHaveWritten({ input, outcome }: Operation): boolean {
  return (
    (input.kind === "put" || input.kind === "delete") &&
    (outcome.kind === "applied" || outcome.kind === "unknown")
  );
}

function mergeWrites(
  writes: readonly Operation[],
): Omit<LogicalOperation, "guarded"> {
  const [attempt] = [...writes].sort((a, b) => endOf(a) - endOf(b));
  if (attempt === undefined) throw new Error("a write has an attempt");
  const call = Math.min(...writes.map((write) => write.call));
  const { id, outcome } = attempt;
  const input = mergeInputs(writes.map((write) => write.input));
  const common = { id, call, input, attempt, explains: attempt };
  if (outcome.kind !== "applied") return { ...common, outcome };
  const revision = writes.map(revisionOf).find((told) => told !== undefined);
  return {
    ...common,
    return: endOf(attempt),
    outcome: {
      kind: "applied",
      ...(revision !== undefined && { revision }),
      // The answer to a repeated attempt does not tell what the first one found.
      ...(writes.length === 1 &&
        outcome.created !== undefined && { created: outcome.created }),
    },
  };
}

/** A time to live counts from the attempt that brought the write about, and nobody knows which one did. */
function mergeInputs(inputs: readonly Input[]): Input {
  const [first] = inputs;
  if (first === undefined) throw new Error("a write has an input");
  const puts = inputs.filter((input) => input.kind === "put");
  if (first.kind !== "put" || puts.length === 1) return first;
  const { expiresNotBefore, expiresNotAfter, ...put } = first;
  const earliest = puts.map((each) => each.expiresNotBefore ?? Infinity);
  const latest = puts.map((each) => each.expiresNotAfter ?? Infinity);
  return {
    ...put,
    ...(expiresNotBefore !== undefined && {
      expiresNotBefore: Math.min(...earliest),
    }),
    ...(expiresNotAfter !== undefined && {
      expiresNotAfter: Math.max(...latest),
    }),
  };
}

/** The moment by which it had taken place: never, for an attempt that nobody confirmed. */
function endOf({ outcome, return: end }: Operation): number {
  return outcome.kind === "unknown" || end === undefined ? Infinity : end;
}

/** The revision that a write was told; absent when it was told none. */
export function revisionOf({
  outcome,
}: Pick<Operation, "outcome">): string | undefined {
  return outcome.kind === "applied" ? outcome.revision : undefined;
}

const answersOf: Readonly<Record<Input["kind"], ReadonlySet<Outcome["kind"]>>> =
  {
    get: new Set(["value", "absent", "failed", "unknown"]),
    "eventual-get": new Set(["value", "absent", "failed", "unknown"]),
    put: new Set(["applied", "condition-failed", "failed", "unknown"]),
    delete: new Set(["applied", "condition-failed", "failed", "unknown"]),
  };

/** A history that cannot be one is its recorder's error, not the ring's. */
function assertWellFormed(attempt: Operation, first = attempt): void {
  const { id, input, outcome } = attempt;
  const wrong = (what: string) =>
    new Error(`operation ${id} (${describeOperation(attempt)}): ${what}`);
  if (attempt.return === undefined && outcome.kind !== "unknown")
    throw wrong("an answer has a time of return");
  if (attempt.return !== undefined && attempt.return < attempt.call)
    throw wrong("it returns before it is called");
  if (!answersOf[input.kind].has(outcome.kind))
    throw wrong("the operation has no such outcome");
  if (effectOf(input) !== effectOf(first.input))
    throw wrong("its id belongs to another operation");
  if (
    input.kind === "put" &&
    (input.expiresNotBefore ?? 0) > (input.expiresNotAfter ?? Infinity)
  )
    throw wrong("it cannot expire before it may");
}

/** Repeated attempts ask for the same; only the moment of expiry depends on when they were made. */
function effectOf(input: Input): string {
  if (input.kind !== "put") return JSON.stringify(input);
  const { kind, value, conditions, expiresNotBefore, expiresNotAfter } = input;
  const expires = [expiresNotBefore, expiresNotAfter].map(
    (moment) => moment !== undefined,
  );
  return JSON.stringify([kind, value, conditions, expires]);
}
