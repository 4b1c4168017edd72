/** Logical operations: the attempts of one operation on one key, which takes place at most once, seen as one. */
import type { Interval } from "./entry-list.ts";
import {
  describeOperation,
  type Expiry,
  type Input,
  isRefusal,
  isWrite,
  type Operation,
  type Outcome,
} from "./history.ts";

/** What has one place in the order of a key's operations, or none if nobody was told of it. */
export interface LogicalOperation extends Interval {
  readonly id: string;
  readonly input: Input;
  readonly outcome: Outcome;
  /** The attempt that stands for it. */
  readonly attempt: Operation;
  /** The attempt whose answer cannot be explained without it: its own, or that of one who saw what it wrote. */
  readonly explains: Operation;
  /** One attempt was told that nothing was changed, and another may have been applied: the refusal came first. */
  readonly guarded: boolean;
}

/**
 * What has to be linearized of one key's operations. A get that was answered and a refusal (a 412, or of what was
 * there) are observations of their own; that of a refusal was made between the first attempt's call and the answer, as
 * every operation is decided once. The attempts that may have written are one write: it took place between the first of
 * their calls and the first answer that says so; without such an answer, at any time after the first call, or never.
 * Failed attempts, gets without an answer and eventual gets say nothing.
 */
export function logicalOperations(
  operations: readonly Operation[],
): readonly LogicalOperation[] {
  return [...Map.groupBy(operations, ({ id }) => id).values()].flatMap(
    (attempts) => {
      for (const attempt of attempts) assertWellFormed(attempt, attempts[0]);
      const writes = attempts.filter(mayHaveWritten);
      const failed = attempts.filter(({ outcome }) => isRefusal(outcome));
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
    isWrite(input) && (outcome.kind === "applied" || outcome.kind === "unknown")
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
  const answers = writes.flatMap((write) =>
    write.outcome.kind === "applied" ? [write.outcome] : [],
  );
  const revision = toldBy(answers.map((answer) => answer.revision));
  const value = toldBy(answers.map((answer) => answer.value));
  return {
    ...common,
    return: endOf(attempt),
    outcome: {
      kind: "applied",
      ...(revision !== undefined && { revision }),
      ...(value !== undefined && { value }),
      // The answer to a repeated attempt does not tell what the first one found.
      ...(writes.length === 1 &&
        outcome.created !== undefined && { created: outcome.created }),
    },
  };
}

/** What any of the attempts was told; all that were are told the same, or there is a contradiction. */
function toldBy(answers: readonly (string | undefined)[]): string | undefined {
  return answers.find((told) => told !== undefined);
}

/** A time to live counts from the attempt that brought the write about, and nobody knows which one did. */
function mergeInputs(inputs: readonly Input[]): Input {
  const [first] = inputs;
  if (first === undefined) throw new Error("a write has an input");
  const expiries = inputs.filter(mayExpire);
  if (!mayExpire(first) || expiries.length === 1) return first;
  const { expiresNotBefore, expiresNotAfter, ...asked } = first;
  const earliest = expiries.map((each) => each.expiresNotBefore ?? Infinity);
  const latest = expiries.map((each) => each.expiresNotAfter ?? Infinity);
  return {
    ...asked,
    ...(expiresNotBefore !== undefined && {
      expiresNotBefore: Math.min(...earliest),
    }),
    ...(expiresNotAfter !== undefined && {
      expiresNotAfter: Math.max(...latest),
    }),
  };
}

function mayExpire(input: Input): input is Extract<Input, Expiry> {
  return isWrite(input) && input.kind !== "delete";
}

/** The moment by which it had taken place: never, for an attempt that nobody confirmed. */
function endOf({ outcome, return: end }: Operation): number {
  return outcome.kind === "unknown" || end === undefined ? Infinity : end;
}

/** The revision that a write was told it gave; absent when it was told none. A touch gives none. */
export function revisionOf({
  input,
  outcome,
}: Pick<Operation, "input" | "outcome">): string | undefined {
  return outcome.kind === "applied" && input.kind !== "touch"
    ? outcome.revision
    : undefined;
}

const ofGets = new Set<Outcome["kind"]>([
  "value",
  "absent",
  "failed",
  "unknown",
]);
const ofWrites = new Set<Outcome["kind"]>([
  "applied",
  "condition-failed",
  "failed",
  "unknown",
]);
const answersOf: Readonly<Record<Input["kind"], ReadonlySet<Outcome["kind"]>>> =
  {
    get: ofGets,
    "eventual-get": ofGets,
    put: ofWrites,
    delete: ofWrites,
    increment: new Set([...ofWrites, "refused"]),
    touch: new Set([...ofWrites, "refused"]),
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
    mayExpire(input) &&
    (input.expiresNotBefore ?? 0) > (input.expiresNotAfter ?? Infinity)
  )
    throw wrong("it cannot expire before it may");
}

/** Repeated attempts ask for the same; only the moment of expiry depends on when they were made. */
function effectOf(input: Input): string {
  if (!mayExpire(input)) return JSON.stringify(input);
  const { expiresNotBefore, expiresNotAfter, ...asked } = input;
  const expires = [expiresNotBefore, expiresNotAfter].map(
    (moment) => moment !== undefined,
  );
  return JSON.stringify([asked, expires]);
}
