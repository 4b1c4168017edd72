/** The naive twin of the checker: tries every order of the operations, every fate of the unknown ones, every moment of expiry. */
import type { Conditions, Operation, Write } from "../../src/sim/history.ts";

/** What can be put in order: an attempt, or the end that it set. */
interface Event {
  readonly attempt: Operation;
  readonly expiry: boolean;
  readonly call: number;
  readonly return: number;
  readonly optional: boolean;
}

interface Register {
  readonly writer?: Operation;
  /** Who set the end that the value has. */
  readonly ender?: Operation | undefined;
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
    .map((attempt) => sinceDecided(attempt, operations))
    .map((attempt, _, all) => withAnswers(attempt, all));
  if (!revisionsAgree(told)) return false;
  const events = told.flatMap(eventsOf);
  return assignments(told, operations).some((revisions) =>
    search({ done: new Map() }, events, Number.NEGATIVE_INFINITY, revisions),
  );
}

/** What any attempt was told of what the operation did holds for whichever attempt did it. */
function withAnswers(
  attempt: Operation,
  all: readonly Operation[],
): Operation & { readonly told?: readonly Applied[] } {
  const told = all.flatMap(({ id, outcome }) =>
    id === attempt.id && outcome.kind === "applied" ? [outcome] : [],
  );
  return { ...attempt, told };
}

type Applied = Extract<Operation["outcome"], { kind: "applied" }>;

/** A repetition may be told the refusal that an earlier attempt met. */
function sinceDecided(
  attempt: Operation,
  operations: readonly Operation[],
): Operation {
  if (!isRefused(attempt)) return attempt;
  const attempts = operations.filter(({ id }) => id === attempt.id);
  return { ...attempt, call: Math.min(...attempts.map(({ call }) => call)) };
}

function isRefused({ outcome }: Operation): boolean {
  return outcome.kind === "condition-failed" || outcome.kind === "refused";
}

function eventsOf(attempt: Operation): Event[] {
  const { call, input, outcome } = attempt;
  const optional = outcome.kind === "unknown";
  const end = optional ? Infinity : (attempt.return ?? Infinity);
  const event = { attempt, expiry: false, call, return: end, optional };
  if (!("expiresNotBefore" in input) || input.expiresNotBefore === undefined)
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
      const m = a.outcome.kind === "applied" ? a.outcome.value : undefined;
      const n = b.outcome.kind === "applied" ? b.outcome.value : undefined;
      if (a.id === b.id && m !== undefined && n !== undefined && m !== n)
        return false;
      if (x === undefined || y === undefined) return true;
      return (a.id === b.id) === (x === y);
    }),
  );
}

/** A touch gives none. */
function toldRevision({ input, outcome }: Operation): string | undefined {
  return outcome.kind === "applied" && input.kind !== "touch"
    ? outcome.revision
    : undefined;
}

/** Every way of giving each put a revision of its own: what it was told, one that somebody mentions, or a new one. */
function assignments(
  attempts: readonly Operation[],
  all: readonly Operation[],
): ReadonlyMap<string, string>[] {
  const ids = new Set(
    attempts.flatMap(({ id, input }) =>
      input.kind === "put" || input.kind === "increment" ? [id] : [],
    ),
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
  if (input.kind === "touch" && outcome.kind === "applied" && outcome.revision)
    found.push(outcome.revision);
  if (input.kind !== "get" && input.kind !== "eventual-get")
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

function expire(register: Register, ender: Operation): Register | undefined {
  return register.ender?.id === ender.id ? { done: register.done } : undefined;
}

function perform(
  register: Register,
  attempt: Operation & { readonly told?: readonly Applied[] },
  left: readonly Event[],
  revisions: ReadonlyMap<string, string>,
): Register | undefined {
  const { id, input, outcome } = attempt;
  const { done, writer, ender } = register;
  const present = writer !== undefined;
  const writes =
    outcome.kind === "applied" || outcome.kind === "unknown"
      ? outcome
      : undefined;
  if (writes && done.has(id)) return register;

  const notAfter =
    ender && "expiresNotAfter" in ender.input
      ? ender.input.expiresNotAfter
      : undefined;
  if (notAfter !== undefined && attempt.call > notAfter) return undefined;

  if (outcome.kind === "absent") return present ? undefined : register;
  if (outcome.kind === "value") {
    if (!present || register.value !== outcome.value) return undefined;
    return outcome.revision === undefined ||
      outcome.revision === register.revision
      ? register
      : undefined;
  }
  if (input.kind === "get" || input.kind === "eventual-get") return undefined;
  const holds = conditionsHold(input.conditions, register);
  if (outcome.kind === "condition-failed") {
    if (holds || done.has(id)) return undefined;
    if (outcome.current === undefined) return register;
    return outcome.current === (present ? register.revision : null)
      ? register
      : undefined;
  }
  if (!holds) return undefined;
  if (outcome.kind === "refused") {
    if (done.has(id) || whyNot(register, input) !== outcome.reason)
      return undefined;
    const found = present ? register.value : "0";
    return outcome.value === undefined || outcome.value === found
      ? register
      : undefined;
  }
  if (whyNot(register, input) !== undefined) return undefined;
  const alone = !left.some(
    (other) =>
      other.attempt.id === id &&
      other.attempt !== attempt &&
      !isRefused(other.attempt),
  );
  if (
    alone &&
    outcome.kind === "applied" &&
    outcome.created !== undefined &&
    outcome.created === present
  )
    return undefined;
  const told = attempt.told ?? [];
  const revision = revisions.get(id) ?? "";
  const after = new Map([...done, [id, revision]]);
  switch (input.kind) {
    case "delete":
      return { done: after };
    case "touch": {
      const kept = told.every(
        (each) => (each.revision ?? register.revision) === register.revision,
      );
      return kept ? { ...register, ender: attempt, done: after } : undefined;
    }
    case "put": {
      const { value } = input;
      return { writer: attempt, ender: attempt, value, revision, done: after };
    }
    case "increment": {
      const value = `${Number(register.value ?? "0") + input.by}`;
      if (told.some((each) => (each.value ?? value) !== value))
        return undefined;
      return {
        writer: attempt,
        ender: present ? ender : attempt,
        value,
        revision,
        done: after,
      };
    }
  }
}

/** Why the write changes nothing here; absent when it does. Numbers of these tests are small. */
function whyNot({ writer, value = "0" }: Register, input: Write) {
  if (input.kind === "touch") return writer ? undefined : "no-such-key";
  if (input.kind !== "increment") return undefined;
  if (!/^-?\d+$/.test(value)) return "not-a-number";
  const sum = Number(value) + input.by;
  return sum < (input.min ?? sum) || sum > (input.max ?? sum)
    ? "out-of-bounds"
    : undefined;
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
