/** Cuts a history that is not linearizable down to the few operations that show it. */
import { checkHistory, type HistoryViolation } from "./check-history.ts";
import {
  conditionsOf,
  isObserver,
  isRefusal,
  isWrite,
  type Operation,
} from "./history.ts";

/** An operation, and the weaker statement that is made of it in the end. */
interface Claim {
  readonly original: Operation;
  readonly weakened: Operation;
}

/**
 * The operations of the violation's key without which it could be explained. Only what can do no harm is left out: had
 * the whole history an explanation, so would have what remains.
 *
 * - What was called after the violation, and every answer that came after it, unless they are part of it.
 * - Observers: gets and refusals constrain, they change nothing.
 * - Conditions that held, and what an answer says of `created`.
 * - Writes that no operation left over can notice.
 */
export function shrinkHistory(
  operations: readonly Operation[],
  { key, stuck }: HistoryViolation,
): readonly Operation[] {
  const end = stuck.return ?? Infinity;
  const ofKey = operations.filter((operation) => operation.key === key);
  const cut = ofKey
    .filter(({ call }) => call <= end)
    .map((original) => ({ original, weakened: cutOff(original, end) }));
  // What a later attempt was told may be part of the contradiction.
  let claims: readonly Claim[] = isViolation(cut)
    ? cut
    : ofKey.map((original) => ({ original, weakened: original }));

  const drop = (): undefined => undefined;
  claims = change(claims, ({ weakened }) => isObserver(weakened), drop);
  const attempts = Map.groupBy(claims, ({ original }) => original.id);
  const isAlone = ({ original: { id } }: Claim) =>
    attempts.get(id)?.length === 1;
  claims = change(
    claims,
    (claim) => isConditional(claim) && isAlone(claim),
    unconditional,
  );
  // A refusal, a condition, an increment and a touch may notice any write, whatever it wrote.
  if (!claims.some((claim) => noticesAny(claim) || isConditional(claim)))
    claims = change(claims, (claim) => !isNoticed(claim, claims), drop);
  return claims.map(({ original }) => original);
}

function cutOff(operation: Operation, end: number): Operation {
  if ((operation.return ?? Infinity) <= end) return operation;
  if (operation.outcome.kind === "failed") return operation;
  const { return: _, ...open } = operation;
  return { ...open, outcome: { kind: "unknown" } };
}

/** Changes as many of the claims that qualify as the violation survives, in halves, quarters and so on down to one. */
function change(
  claims: readonly Claim[],
  qualifies: (claim: Claim) => boolean,
  to: (claim: Claim) => Claim | undefined,
): readonly Claim[] {
  let current = claims;
  const left = claims.filter(qualifies);
  for (let size = left.length; size >= 1; size = Math.floor(size / 2)) {
    for (let start = 0; start < left.length; ) {
      const chosen = new Set(left.slice(start, start + size));
      const changed = current.flatMap((claim) =>
        chosen.has(claim) ? (to(claim) ?? []) : [claim],
      );
      if (isViolation(changed)) {
        current = changed;
        left.splice(start, size);
      } else start += size;
    }
  }
  return current;
}

function isViolation(claims: readonly Claim[]): boolean {
  const weakened = claims.map((claim) => claim.weakened);
  return checkHistory(weakened).kind === "violation";
}

function noticesAny({ weakened: { input, outcome } }: Claim): boolean {
  return (
    isRefusal(outcome) || input.kind === "increment" || input.kind === "touch"
  );
}

function isConditional({ weakened: { input, outcome } }: Claim): boolean {
  if (isRefusal(outcome) || !isWrite(input)) return false;
  return (
    Object.keys(conditionsOf(input)).length > 0 ||
    (outcome.kind === "applied" && outcome.created !== undefined)
  );
}

function unconditional(claim: Claim): Claim {
  const { input, outcome } = claim.weakened;
  if (!isWrite(input)) return claim;
  const { conditions: _, ...anyway } = input;
  const weakened = { ...claim.weakened, input: anyway };
  if (outcome.kind !== "applied") return { ...claim, weakened };
  const { created: __, ...plain } = outcome;
  return { ...claim, weakened: { ...weakened, outcome: plain } };
}

/** Whether some get would be answered otherwise without this write; of a failed one, whether its value was read. */
function isNoticed(
  { weakened: { input } }: Claim,
  claims: readonly Claim[],
): boolean {
  if (input.kind !== "put" && input.kind !== "delete") return false;
  const leavesNothing =
    input.kind === "delete" || input.expiresNotBefore !== undefined;
  return claims.some(({ weakened: { outcome } }) => {
    if (outcome.kind === "absent") return leavesNothing;
    return (
      outcome.kind === "value" &&
      input.kind === "put" &&
      outcome.value === input.value
    );
  });
}
