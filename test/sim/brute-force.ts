/** The naive twin of the checker: tries every order of the operations, every fate of the unknown ones, every moment of expiry. */
import type { Conditions, Operation } from "../../src/sim/history.ts";

/** What can be put in order: an attempt, or the expiry of what a put wrote. */
interface Event {
  readonly attempt: Operation;
  readonly expiry: boolean;
  readonly call: number;
  readonly return: number;
  readonly optional: boolean;
}

interface Register {
  readonly writer?: Operation;
  readonly value?: string;
  readonly revision?: string;
  /** The revision that each operation which took place was given. */
  readonly done: ReadonlyMap<string, string>;
}

/** For one key and a handful of operations; written for likeness to the definition, not for speed. */
export function isLinearizableByBruteForce(
  operations: readonly Operation[],
): boolean {
  const told = operations
    .filter(
      ({ input, outcome }) =>
        input.kind !== "eventual-get" &&
        outcome.kind !== "failed" &&
        !(input.kind === "get" && outcome.kind === "unknown"),
    )
    .map((attempt) => sinceDecided(attempt, operations));
  if (!revisionsAgree(told)) return false;
  const events = told.flatMap(eventsOf);
  return assignments(told, operations).some((revisions) =>
    search({ done: new Map() }, events, Number.NEGATIVE_INFINITY, revisions),
  );
}

/** A repetition may be told the 412 that an earlier attempt met. */
function sinceDecided(
  attempt: Operation,
  operations: readonly Operation[],
): Operation {
  if (attempt.outcome.kind !== "condition-failed") return attempt;
  const attempts = operations.filter(({ id }) => id === attempt.id);
  return { ...attempt, call: Math.min(...attempts.map(({ call }) => call)) };
}

function eventsOf(attempt: Operation): Event[] {
  const { call, input, outcome } = attempt;
  const optional = outcome.kind === "unknown";
  const end = optional ? Infinity : (attempt.return ?? Infinity);
  const event = { attempt, expiry: false, call, return: end, optional };
  if (input.kind !== "put" || input.expiresNotBefore === undefined)
    return [event];
  return [
    event,
    {
      attempt,
      expiry: true,
      call: input.expiresNotBefore,
      return: Infinity,
      optional: true,
    },
  ];
}

function revisionsAgree(attempts: readonly Operation[]): boolean {
  return attempts.every((a) =>
    attempts.every((b) => {
      const x = toldRevision(a);
      const y = toldRevision(b);
      if (x === undefined || y === undefined) return true;
      return (a.id === b.id) === (x === y);
    }),
  );
}

function toldRevision({ outcome }: Operation): string | undefined {
  return outcome.kind === "applied" ? outcome.revision : undefined;
}

/** Every way of giving each put a revision of its own: what it was told, one that somebody mentions, or a new one. */
function assignments(
  attempts: readonly Operation[],
  all: readonly Operation[],
): ReadonlyMap<string, string>[] {
  const ids = new Set(
    attempts.flatMap(({ id, input }) => (input.kind === "put" ? [id] : [])),
  );
  const known = new Map(
    attempts.flatMap((attempt) => {
      const revision = toldRevision(attempt);
      return revision === undefined ? [] : [[attempt.id, revision] as const];
    }),
  );
  const mentioned = new Set(all.flatMap(mentions));
  let ways: Map<string, string>[] = [known];
  for (const id of ids) {
    if (known.has(id)) continue;
    ways = ways.flatMap((way) => {
      const free = [...mentioned].filter((r) => ![...way.values()].includes(r));
      return [`new ${id}`, ...free].map((r) => new Map([...way, [id, r]]));
    });
  }
  return ways;
}

function mentions({ input, outcome }: Operation): string[] {
  const found: string[] = [];
  if (outcome.kind === "value" && outcome.revision)
    found.push(outcome.revision);
  if (outcome.kind === "condition-failed" && outcome.current)
    found.push(outcome.current);
  if (input.kind === "put" || input.kind === "delete")
    for (const list of [
      input.conditions?.ifMatch,
      input.conditions?.ifNoneMatch,
    ])
      if (list !== undefined && list !== "*") found.push(...list);
  return found;
}

function search(
  register: Register,
  left: readonly Event[],
  time: number,
  revisions: ReadonlyMap<string, string>,
): boolean {
  if (left.every(({ optional }) => optional)) return true;
  return left.some((event) => {
    const at = Math.max(time, event.call);
    const rest = left.filter((other) => other !== event);
    if (rest.some((other) => other.return < at) || event.return < at)
      return false;
    const after = event.expiry
      ? expire(register, event.attempt)
      : perform(register, event.attempt, left, revisions);
    return after !== undefined && search(after, rest, at, revisions);
  });
}

function expire(register: Register, put: Operation): Register | undefined {
  return register.writer?.id === put.id ? { done: register.done } : undefined;
}

function perform(
  register: Register,
  attempt: Operation,
  left: readonly Event[],
  revisions: ReadonlyMap<string, string>,
): Register | undefined {
  const { id, input, outcome } = attempt;
  const { done, writer } = register;
  const present = writer !== undefined;
  const writes =
    outcome.kind === "applied" || outcome.kind === "unknown"
      ? outcome
      : undefined;
  if (writes && done.has(id)) return register;

  const notAfter =
    writer?.input.kind === "put" ? writer.input.expiresNotAfter : undefined;
  if (notAfter !== undefined && attempt.call > notAfter) return undefined;

  if (outcome.kind === "absent") return present ? undefined : register;
  if (outcome.kind === "value") {
    if (!present || register.value !== outcome.value) return undefined;
    return outcome.revision === undefined ||
      outcome.revision === register.revision
      ? register
      : undefined;
  }
  if (input.kind !== "put" && input.kind !== "delete") return undefined;
  const holds = conditionsHold(input.conditions, register);
  if (outcome.kind === "condition-failed") {
    if (holds || done.has(id)) return undefined;
    if (outcome.current === undefined) return register;
    return outcome.current === (present ? register.revision : null)
      ? register
      : undefined;
  }
  if (!holds) return undefined;
  const alone = !left.some(
    (other) =>
      other.attempt.id === id &&
      other.attempt !== attempt &&
      other.attempt.outcome.kind !== "condition-failed",
  );
  if (
    alone &&
    outcome.kind === "applied" &&
    outcome.created !== undefined &&
    outcome.created === present
  )
    return undefined;
  const revision = revisions.get(id) ?? "";
  const after = new Map([...done, [id, revision]]);
  return input.kind === "put"
    ? { writer: attempt, value: input.value, revision, done: after }
    : { done: after };
}

function conditionsHold(
  conditions: Conditions | undefined,
  { writer, revision = "" }: Register,
): boolean {
  const matches = (list: "*" | readonly string[]) =>
    writer !== undefined && (list === "*" || list.includes(revision));
  if (conditions?.ifMatch !== undefined && !matches(conditions.ifMatch))
    return false;
  return (
    conditions?.ifNoneMatch === undefined || !matches(conditions.ifNoneMatch)
  );
}
