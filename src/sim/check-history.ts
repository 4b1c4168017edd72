/** The verdict on a whole history: every key by itself, since operations on different keys do not touch one another. */
import { byKey, type Operation } from "./history.ts";
import { type CheckOptions, checkLinearizability } from "./linearizability.ts";
import { logicalOperations } from "./logical-operation.ts";
import { createRegisterModel } from "./register-model.ts";
import { findContradiction } from "./revisions.ts";
import { settleUnknown } from "./settle.ts";

/** `steps`: the states that the searches on all keys asked their models for. */
export type HistoryVerdict =
  | { readonly kind: "linearizable"; readonly steps: number }
  | HistoryViolation
  /** Some key used up its budget: nothing is known of it, least of all success. */
  | {
      readonly kind: "undecided";
      readonly key: string;
      readonly steps: number;
    };

/** The key whose answers cannot all be true, and as much of them as shows it. */
export interface HistoryViolation {
  readonly kind: "violation";
  readonly key: string;
  /** The key's history up to this answer cannot be explained. */
  readonly stuck: Operation;
  /** An order that explains everything that was answered before. */
  readonly prefix: readonly Operation[];
  /** For people. */
  readonly reason: string;
  readonly steps: number;
}

/**
 * Whether the operations on each key are linearizable. The first violation counts, then the first key that stays
 * undecided. Throws on a history that no recorder can have written (an answer before its call, an id used twice).
 */
export function checkHistory(
  operations: readonly Operation[],
  options: CheckOptions = {},
): HistoryVerdict {
  let steps = 0;
  let undecided: string | undefined;
  for (const [key, ofKey] of byKey(operations)) {
    const verdict = checkKey(ofKey, options);
    steps += verdict.steps;
    if (verdict.kind === "violation") return { ...verdict, key, steps };
    if (verdict.kind === "undecided") undecided ??= key;
  }
  return undecided === undefined
    ? { kind: "linearizable", steps }
    : { kind: "undecided", key: undecided, steps };
}

type KeyVerdict =
  | Exclude<HistoryVerdict, { kind: "violation" | "undecided" }>
  | Omit<HistoryViolation, "key">
  | { readonly kind: "undecided"; readonly steps: number };

function checkKey(
  operations: readonly Operation[],
  options: CheckOptions,
): KeyVerdict {
  const contradiction = findContradiction(operations);
  if (contradiction) {
    const { attempt: stuck, reason } = contradiction;
    return { kind: "violation", stuck, prefix: [], reason, steps: 0 };
  }
  const eventual = operations.filter(isEventual);
  const logical = settleUnknown(logicalOperations(operations), eventual);
  const model = createRegisterModel(logical, eventual);
  const verdict = checkLinearizability(logical, model, options);
  if (verdict.kind !== "violation") return verdict;
  const stuck = verdict.stuck.explains;
  return {
    kind: "violation",
    stuck,
    prefix: verdict.prefix.map(({ attempt }) => attempt),
    reason: `no order of the operations explains the answer to ${stuck.id}`,
    steps: verdict.steps,
  };
}

function isEventual({ input }: Operation): boolean {
  return input.kind === "eventual-get";
}
