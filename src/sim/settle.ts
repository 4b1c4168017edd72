/** Unknown writes that took place after all: somebody was told what only they can have written. */
import { conditionsOf, givesRevision, type Operation } from "./history.ts";
import { type LogicalOperation, revisionOf } from "./logical-operation.ts";
import { isNumber } from "./number-value.ts";

/** An answer that only a write of one of `values` explains, with this revision where it is told. */
interface Demand {
  readonly by: LogicalOperation;
  readonly revision?: string;
  /** Absent when the answer does not tell the value. */
  readonly values?: ReadonlySet<string>;
}

/**
 * Gives each unknown write the end that the history proves: if an answer can be owed to it alone, it took place before
 * that answer returned. What is left unknown was seen by nobody, or may be told apart by the search only. `eventual`
 * gets prove that a write took place, but not when; they tell which value a revision belongs to.
 */
export function settleUnknown(
  operations: readonly LogicalOperation[],
  eventual: readonly Operation[],
): readonly LogicalOperation[] {
  const values = valuesByRevision([...operations, ...eventual]);
  const demands = Map.groupBy(
    operations.flatMap((operation) => demandsOf(operation, values)),
    onlyWriterAmong(operations),
  );
  return operations.map((operation) =>
    operation.outcome.kind === "unknown"
      ? settle(operation, demands.get(operation) ?? [])
      : operation,
  );
}

/** The values that each revision was read with; one, unless something is wrong. */
export function valuesByRevision(
  operations: readonly Pick<Operation, "outcome">[],
): ReadonlyMap<string, ReadonlySet<string>> {
  const values = new Map<string, Set<string>>();
  for (const { outcome } of operations) {
    if (outcome.kind !== "value" || outcome.revision === undefined) continue;
    const known = values.get(outcome.revision) ?? new Set();
    values.set(outcome.revision, known.add(outcome.value));
  }
  return values;
}

function demandsOf(
  by: LogicalOperation,
  valuesOf: ReadonlyMap<string, ReadonlySet<string>>,
): readonly Demand[] {
  const { input, outcome } = by;
  const ofRevision = (revision: string): Demand => {
    const values = valuesOf.get(revision);
    return { by, revision, ...(values && { values }) };
  };
  switch (outcome.kind) {
    case "value": {
      const { value, revision } = outcome;
      const values = new Set([value]);
      return [{ by, values, ...(revision !== undefined && { revision }) }];
    }
    case "condition-failed":
      return typeof outcome.current === "string"
        ? [ofRevision(outcome.current)]
        : [];
    case "applied": {
      if (input.kind === "touch" && outcome.revision !== undefined)
        return [ofRevision(outcome.revision)];
      const { ifMatch = [] } = conditionsOf(input);
      const [revision, ...others] = ifMatch === "*" ? [] : ifMatch;
      return revision !== undefined && others.length === 0
        ? [ofRevision(revision)]
        : [];
    }
    default:
      return [];
  }
}

/** Finds the one write that may have given rise to an answer; none when the answer's revision was told at a write. */
function onlyWriterAmong(operations: readonly LogicalOperation[]) {
  const told = new Set(operations.flatMap((each) => revisionOf(each) ?? []));
  const writes = operations.filter(({ input }) => givesRevision(input));
  const putsOf = Map.groupBy(writes, ({ input }) =>
    input.kind === "put" ? input.value : undefined,
  );
  const increments = putsOf.get(undefined) ?? [];
  const writersOf = (value: string) => [
    ...(putsOf.get(value) ?? []),
    ...(isNumber(value) ? increments : []),
  ];

  return ({ revision, values }: Demand): LogicalOperation | undefined => {
    if (revision !== undefined && told.has(revision)) return undefined;
    const ofValue = values ? [...values].flatMap(writersOf) : writes;
    const [writer, another] = ofValue.filter(
      (write) => revision === undefined || revisionOf(write) === undefined,
    );
    return another ? undefined : writer;
  };
}

function settle(
  write: LogicalOperation,
  demands: readonly Demand[],
): LogicalOperation {
  const [first] = demands
    .map(({ by }) => by)
    .sort((a, b) => (a.return ?? Infinity) - (b.return ?? Infinity));
  const revisions = new Set(demands.flatMap(({ revision }) => revision ?? []));
  // Answers that contradict one another, or the order of time, are for the search to find.
  if (first?.return === undefined || first.return < write.call) return write;
  if (revisions.size > 1) return write;
  const [revision] = revisions;
  return {
    ...write,
    return: first.return,
    outcome: { kind: "applied", ...(revision !== undefined && { revision }) },
    explains: first.attempt,
  };
}
