/** Which revisions a key's writes may have got: told by their answers, or found out from what was read later. */
import {
  conditionsOf,
  givesRevision,
  type Operation,
  type Outcome,
} from "./history.ts";
import type { LogicalOperation } from "./logical-operation.ts";
import { revisionOf } from "./logical-operation.ts";
import { isNumber } from "./number-value.ts";
import { valuesByRevision } from "./settle.ts";

/** What one key's history says of its revisions, for the search and for the states that it goes through. */
export interface Revisions {
  /** The revisions that the write may have got; `undefined` among them for one that the history does not mention. */
  possible(write: LogicalOperation): readonly (string | undefined)[];
  /** Those that more than one write may have got. */
  readonly shared: ReadonlySet<string>;
  /** Whether the value may have the revision: one that was read has the value that it was read with. */
  fits(revision: string, value: string): boolean;
}

/** Two answers that contradict one another wherever they are put in time. */
export interface Contradiction {
  readonly attempt: Operation;
  readonly reason: string;
}

/** Attempts of one operation are told one revision and one number, and no two operations the same revision. */
export function findContradiction(
  operations: readonly Operation[],
): Contradiction | undefined {
  return contradictingRevision(operations) ?? contradictingNumber(operations);
}

function contradictingNumber(
  operations: readonly Operation[],
): Contradiction | undefined {
  const numberOfId = new Map<string, string>();
  for (const attempt of operations) {
    const { id, outcome } = attempt;
    if (outcome.kind !== "applied" || outcome.value === undefined) continue;
    const earlier = numberOfId.get(id) ?? outcome.value;
    if (earlier !== outcome.value)
      return {
        attempt,
        reason: `${id} was told the number ${earlier}, and again ${outcome.value}`,
      };
    numberOfId.set(id, outcome.value);
  }
  return undefined;
}

function contradictingRevision(
  operations: readonly Operation[],
): Contradiction | undefined {
  const idOf = new Map<string, string>();
  const revisionOfId = new Map<string, string>();
  for (const attempt of operations) {
    const { id } = attempt;
    const revision = revisionOf(attempt);
    if (revision === undefined) continue;
    const other = idOf.get(revision) ?? id;
    if (other !== id)
      return {
        attempt,
        reason: `${other} and ${id} were both told revision ${revision}`,
      };
    const earlier = revisionOfId.get(id) ?? revision;
    if (earlier !== revision)
      return {
        attempt,
        reason: `${id} was told revision ${earlier}, and again ${revision}`,
      };
    idOf.set(revision, id);
    revisionOfId.set(id, revision);
  }
  return undefined;
}

/** A revision that nobody was told at a write belongs to one whose answer was lost, of the value it was read with. */
export function findRevisions(
  operations: readonly LogicalOperation[],
  eventual: readonly Operation[],
): Revisions {
  const told = new Set(operations.flatMap((each) => revisionOf(each) ?? []));
  const mentioned = new Set(operations.flatMap(mentions));
  const wanted = new Set(operations.flatMap(wants));
  const valuesOf = valuesByRevision([...operations, ...eventual]);

  const fits = (revision: string, value: string) =>
    valuesOf.get(revision)?.has(value) ?? true;

  function possible({
    input,
    outcome,
  }: LogicalOperation): readonly (string | undefined)[] {
    if (!givesRevision(input)) return [undefined];
    if (outcome.kind === "applied" && outcome.revision !== undefined)
      return [mentioned.has(outcome.revision) ? outcome.revision : undefined];
    const candidates = [...wanted].filter((revision) => {
      if (told.has(revision)) return false;
      return input.kind === "put"
        ? fits(revision, input.value)
        : [...(valuesOf.get(revision) ?? ["0"])].some(isNumber);
    });
    return [undefined, ...candidates];
  }

  const byWrite = new Map(
    operations
      .filter(({ input }) => givesRevision(input))
      .map((operation) => [operation, possible(operation)] as const),
  );
  const counts = new Map<string, number>();
  for (const revision of [...byWrite.values()].flat())
    if (revision !== undefined)
      counts.set(revision, (counts.get(revision) ?? 0) + 1);
  return {
    fits,
    possible: (write) => byWrite.get(write) ?? [undefined],
    shared: new Set(
      [...counts].flatMap(([revision, count]) => (count > 1 ? [revision] : [])),
    ),
  };
}

/** The revisions that make a difference to the operation: read, or named by a condition or by a 412. */
function mentions({ input, outcome }: LogicalOperation): readonly string[] {
  const { ifMatch, ifNoneMatch } = conditionsOf(input);
  return [
    ...read({ input, outcome }),
    ...listed(ifMatch),
    ...listed(ifNoneMatch),
  ];
}

/** Those that may make its outcome possible; an unknown write does better without the others. */
function wants({ input, outcome }: LogicalOperation): readonly string[] {
  const { ifMatch, ifNoneMatch } = conditionsOf(input);
  return outcome.kind === "condition-failed"
    ? [...read({ input, outcome }), ...listed(ifNoneMatch)]
    : [...read({ input, outcome }), ...listed(ifMatch)];
}

/** What was there, as the operation was told: a touch is told the revision that it kept. */
function read({
  input,
  outcome,
}: Pick<LogicalOperation, "input" | "outcome">): readonly string[] {
  const revision = revisionSeen(input.kind, outcome);
  return typeof revision === "string" ? [revision] : [];
}

function revisionSeen(
  kind: LogicalOperation["input"]["kind"],
  outcome: Outcome,
): string | null | undefined {
  switch (outcome.kind) {
    case "value":
      return outcome.revision;
    case "condition-failed":
      return outcome.current;
    case "applied":
      return kind === "touch" ? outcome.revision : undefined;
    default:
      return undefined;
  }
}

function listed(revisions: "*" | readonly string[] = []): readonly string[] {
  return revisions === "*" ? [] : revisions;
}
