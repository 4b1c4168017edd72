/** Stretches of a key's history that come once at most: while a revision is there, or a value that was put once only. */
import { conditionsOf, isRefusal } from "./history.ts";
import type { LogicalOperation } from "./logical-operation.ts";
import { isNumber } from "./number-value.ts";
import type { RegisterState } from "./register-state.ts";

/** The stretches of one key's history; none of them comes back once it was left. */
export interface Phases {
  phaseOf(state: RegisterState): string | undefined;
  /** The one in which the operation has to take place; absent when more than one would do. */
  needs(operation: LogicalOperation): string | undefined;
}

/** `isCounted`: increments are among the operations. */
export function createPhases(
  operations: readonly LogicalOperation[],
  isCounted: boolean,
): Phases {
  const once = valuesOnce(operations, isCounted);
  const phase = (seen: Seen) => phaseOf(once, seen);
  return {
    phaseOf: phase,
    needs: (operation) => phaseNeeded(phase, operation),
  };
}

interface Seen {
  readonly value?: string | undefined;
  readonly revision?: string | undefined;
}

function phaseOf(
  valuesOnce: ReadonlySet<string>,
  { value, revision }: Seen,
): string | undefined {
  if (revision !== undefined) return `revision ${revision}`;
  return value !== undefined && valuesOnce.has(value)
    ? `value ${value}`
    : undefined;
}

function phaseNeeded(
  phase: (seen: Seen) => string | undefined,
  { input, outcome }: LogicalOperation,
): string | undefined {
  switch (outcome.kind) {
    case "value":
      return phase(outcome);
    case "condition-failed":
      return phase({ revision: outcome.current ?? undefined });
    case "applied": {
      if (input.kind === "touch" && outcome.revision !== undefined)
        return phase(outcome);
      const { ifMatch = [] } = conditionsOf(input);
      const [revision, ...others] = ifMatch === "*" ? [] : ifMatch;
      return others.length === 0 ? phase({ revision }) : undefined;
    }
    default:
      return undefined;
  }
}

/** Increments may come to any number, and to each again. */
function valuesOnce(
  operations: readonly LogicalOperation[],
  isCounted: boolean,
): ReadonlySet<string> {
  const once = new Set<string>();
  const again = new Set<string>();
  for (const { input, outcome } of operations) {
    if (input.kind !== "put" || isRefusal(outcome)) continue;
    (once.has(input.value) ? again : once).add(input.value);
  }
  return new Set(
    [...once].filter(
      (value) => !again.has(value) && !(isCounted && isNumber(value)),
    ),
  );
}
