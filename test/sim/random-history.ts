/** Random small histories for fast-check: real sequential executions with stretched intervals. */
import fc from "fast-check";
import {
  type Conditions,
  givesRevision,
  type Input,
  isWrite,
  type Operation,
  type Outcome,
  type Write,
} from "../../src/sim/history.ts";

/** One step of a script; numbers are drawn small so that values, revisions and moments meet. */
const step = fc.record({
  kind: fc.constantFrom(
    "get",
    "get",
    "put",
    "put",
    "put",
    "delete",
    "repeat",
    "increment",
    "increment",
    "touch",
  ),
  value: fc.constantFrom("a", "b", "1"),
  by: fc.constantFrom(1, 1, -1),
  bounds: fc.constantFrom({}, {}, { max: 1 }, { min: 0 }),
  condition: fc.constantFrom(
    "none",
    "none",
    "none",
    "absent",
    "present",
    "current",
    "old",
    "not-current",
  ),
  /** Whether the client hears of it, and whether it takes place at all. */
  fate: fc.constantFrom(
    "told",
    "told",
    "told",
    "told",
    "lost",
    "never",
    "failed",
  ),
  tells: fc.constantFrom("all", "all", "little"),
  early: fc.integer({ min: 0, max: 25 }),
  late: fc.integer({ min: 0, max: 25 }),
  livesFor: fc.option(fc.integer({ min: 0, max: 30 }), { freq: 3 }),
  livesAtMost: fc.option(fc.integer({ min: 0, max: 20 })),
  expiresNow: fc.boolean(),
});

type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

interface Cell {
  readonly value: string;
  readonly revision: string;
  readonly expiresNotBefore?: number;
  readonly expiresNotAfter?: number;
}

/** A history that is linearizable, for it was made by executing it. */
export const soundHistory: fc.Arbitrary<readonly Operation[]> = fc
  .array(step, { minLength: 1, maxLength: 7 })
  .map(execute);

function execute(script: readonly Step[]): readonly Operation[] {
  const history: Operation[] = [];
  const applied = new Map<string, Done>();
  const given: string[] = [];
  let cell: Cell | undefined;

  for (const [index, now] of script.entries()) {
    const at = 10 * (index + 1);
    const { expiresNotBefore = Infinity, expiresNotAfter = Infinity } =
      cell ?? {};
    const call = at - now.early;
    if (at >= expiresNotBefore && (now.expiresNow || call > expiresNotAfter))
      cell = undefined;

    const repeated =
      now.kind === "repeat"
        ? history.findLast(({ input }) => isWrite(input))
        : undefined;
    const input = repeated?.input ?? inputOf(now, at, cell, given);
    const id = repeated?.id ?? `op${index}`;
    const base = { id, client: `c${index % 3}`, key: "k", call, input };
    const end = { return: at + now.late };
    const told = now.fate === "told";

    if (!isWrite(input)) {
      const outcome: Outcome =
        cell === undefined
          ? { kind: "absent" }
          : now.tells === "all"
            ? { kind: "value", value: cell.value, revision: cell.revision }
            : { kind: "value", value: cell.value };
      history.push(
        told
          ? { ...base, ...end, outcome }
          : { ...base, outcome: { kind: "unknown" } },
      );
      continue;
    }
    if (now.fate === "failed") {
      history.push({ ...base, ...end, outcome: { kind: "failed" } });
      continue;
    }
    if (now.fate === "never") {
      history.push({ ...base, outcome: { kind: "unknown" } });
      continue;
    }
    const refusal = applied.has(id)
      ? undefined
      : refusalOf(input, cell, now.tells === "all");
    if (refusal) {
      const outcome = refusal;
      history.push(
        told
          ? { ...base, ...end, outcome }
          : { ...base, outcome: { kind: "unknown" } },
      );
      continue;
    }
    const created =
      now.tells === "all" && givesRevision(input) && !repeated
        ? { created: cell === undefined }
        : {};
    const tellsAll = now.tells === "all";
    const done = applied.get(id) ?? perform(input, cell, `r${index}`);
    if (!applied.has(id)) {
      applied.set(id, done);
      if (givesRevision(input)) given.push(done.revision);
      cell = done.cell;
    }
    const { revision, value } = done;
    const outcome: Outcome = {
      kind: "applied",
      ...(tellsAll && input.kind !== "delete" && { revision }),
      ...(tellsAll && input.kind === "increment" && { value }),
      ...created,
    };
    history.push(
      told
        ? { ...base, ...end, outcome }
        : { ...base, outcome: { kind: "unknown" } },
    );
  }
  return withoutAmbiguousCreated(history);
}

interface Done {
  readonly cell: Cell | undefined;
  readonly revision: string;
  readonly value: string;
}

/** What a write that is not refused leaves, and what it may be told. */
function perform(input: Write, cell: Cell | undefined, fresh: string): Done {
  if (input.kind === "delete")
    return { cell: undefined, revision: fresh, value: "" };
  const { value = "0", revision = fresh } = cell ?? {};
  const { expiresNotBefore, expiresNotAfter } =
    input.kind === "increment" && cell ? cell : input;
  const end = {
    ...(expiresNotBefore !== undefined && { expiresNotBefore }),
    ...(expiresNotAfter !== undefined && { expiresNotAfter }),
  };
  switch (input.kind) {
    case "touch":
      return { cell: { value, revision, ...end }, revision, value };
    case "put": {
      const { value: put } = input;
      const left = { value: put, revision: fresh, ...end };
      return { cell: left, revision: fresh, value: put };
    }
    case "increment": {
      const sum = `${Number(value) + input.by}`;
      const left = { value: sum, revision: fresh, ...end };
      return { cell: left, revision: fresh, value: sum };
    }
  }
}

function refusalOf(
  input: Write,
  cell: Cell | undefined,
  tellsAll: boolean,
): Outcome | undefined {
  if (!holds(input.conditions, cell))
    return {
      kind: "condition-failed",
      ...(tellsAll && { current: cell?.revision ?? null }),
    };
  if (input.kind === "touch" && !cell)
    return { kind: "refused", reason: "no-such-key" };
  if (input.kind !== "increment") return undefined;
  const { value = "0" } = cell ?? {};
  if (!/^-?\d+$/.test(value))
    return { kind: "refused", reason: "not-a-number" };
  const sum = Number(value) + input.by;
  const { min = sum, max = sum } = input;
  return sum < min || sum > max
    ? { kind: "refused", reason: "out-of-bounds", ...(tellsAll && { value }) }
    : undefined;
}

function inputOf(
  now: Step,
  at: number,
  cell: Cell | undefined,
  given: readonly string[],
): Input {
  if (now.kind === "get") return { kind: "get" };
  const conditions = conditionsOf(now.condition, cell, given);
  const conditional = conditions && { conditions };
  if (now.kind === "delete") return { kind: "delete", ...conditional };
  const notBefore = now.livesFor === null ? undefined : at + now.livesFor;
  return {
    ...askedOf(now),
    ...conditional,
    ...(notBefore !== undefined && { expiresNotBefore: notBefore }),
    ...(notBefore !== undefined &&
      now.livesAtMost !== null && {
        expiresNotAfter: notBefore + now.livesAtMost,
      }),
  };
}

function askedOf({ kind, value, by, bounds }: Step) {
  switch (kind) {
    case "increment":
      return { kind, by, ...bounds };
    case "touch":
      return { kind };
    default:
      return { kind: "put", value } as const;
  }
}

function conditionsOf(
  condition: Step["condition"],
  cell: Cell | undefined,
  given: readonly string[],
): Conditions | undefined {
  switch (condition) {
    case "absent":
      return { ifNoneMatch: "*" };
    case "present":
      return { ifMatch: "*" };
    case "current":
      return { ifMatch: [cell?.revision ?? "r-none"] };
    case "old":
      return { ifMatch: [given[0] ?? "r-none"] };
    case "not-current":
      return { ifNoneMatch: [cell?.revision ?? "r-none"] };
    default:
      return undefined;
  }
}

function holds(
  conditions: Conditions | undefined,
  cell: Cell | undefined,
): boolean {
  const matches = (list: "*" | readonly string[]) =>
    cell !== undefined && (list === "*" || list.includes(cell.revision));
  if (conditions?.ifMatch !== undefined && !matches(conditions.ifMatch))
    return false;
  return (
    conditions?.ifNoneMatch === undefined || !matches(conditions.ifNoneMatch)
  );
}

/** `created` is told of operations with one attempt only: of others nobody can say which attempt it is about. */
export function withoutAmbiguousCreated(
  history: readonly Operation[],
): readonly Operation[] {
  return history.map((operation) => {
    const alone = history.filter(({ id }) => id === operation.id).length === 1;
    if (alone || operation.outcome.kind !== "applied") return operation;
    const { created: _, ...outcome } = operation.outcome;
    return { ...operation, outcome };
  });
}
