/** Which revisions a key's writes may have got: told by their answers, or found out from what was read later. */
import type { Conditions, Input, Operation, Outcome } from "./history.ts";
import type { LogicalOperation } from "./logical-operation.ts";
import { revisionOf } from "./logical-operation.ts";
import { valuesByRevision } from "./settle.ts";

export interface Revisions {
  /** The revisions that the write may have got; `undefined` among them for one that the history does not mention. */
  possible(write: LogicalOperation): readonly (string | undefined)[];
  /** Those that more than one write may have got. */
  readonly shared: ReadonlySet<string>;
}

/** Two answers that contradict one another wherever they are put in time. */
export interface Contradiction {
  readonly attempt: Operation;
  readonly reason: string;
}

/** Attempts of one operation are told one revision, and no two operations the same. */
export function findContradiction(
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

  function possible({
    input,
    outcome,
  }: LogicalOperation): readonly (string | undefined)[] {
    if (input.kind !== "put") return [undefined];
    if (outcome.kind === "applied" && outcome.revision !== undefined)
      return [mentioned.has(outcome.revision) ? outcome.revision : undefined];
    const candidates = [...wanted].filter((revision) => {
      if (told.has(revision)) return false;
      // One that was never read may belong to any value.
      return valuesOf.get(revision)?.has(input.value) ?? true;
    });
    return [undefined, ...candidates];
  }

  const byWrite = new Map(
    operations
      .filter(({ input }) => input.kind === "put")
      .map((operation) => [operation, possible(operation)] as const),
  );
  const counts = new Map<string, number>();
  for (const revision of [...byWrite.values()].flat())
    if (revision !== undefined)
      counts.set(revision, (counts.get(revision) ?? 0) + 1);
  return {
    possible: (write) => byWrite.get(write) ?? [undefined],
    shared: new Set(
      [...counts].flatMap(([revision, count]) => (count > 1 ? [revision] : [])),
    ),
  };
}

/** The revisions that make a difference to the operation: read, or named by a condition or by a 412. */
function mentions({ input, outcome }: LogicalOperation): readonly string[] {
  const { ifMatch, ifNoneMatch } = conditionsOf(input);
  return [...read(outcome), ...listed(ifMatch), ...listed(ifNoneMatch)];
}

/** Those that may make its outcome possible; an unknown write does better without the others. */
function wants({ input, outcome }: LogicalOperation): readonly string[] {
  const { ifMatch, ifNoneMatch } = conditionsOf(input);
  return outcome.kind === "condition-failed"
    ? [...read(outcome), ...listed(ifNoneMatch)]
    : [...read(outcome), ...listed(ifMatch)];
}

function read(outcome: Outcome): readonly string[] {
  const revision =
    outcome.kind === "value"
      ? outcome.revision
      : outcome.kind === "condition-failed"
        ? outcome.current
        : undefined;
  return typeof revision === "string" ? [revision] : [];
}

function conditionsOf(input: Input): Conditions {
  return input.kind === "put" || input.kind === "delete"
    ? (input.conditions ?? {})
    : {};
}

function listed(revisions: "*" | readonly string[] = []): readonly string[] {
  return revisions === "*" ? [] : revisions;
}
