/** The states that a key can be in, and operations on them: what the tests of operations share. */
import { applyOperation } from "../../src/core/apply.ts";
import { type Ballot, epochStart } from "../../src/core/ballot.ts";
import { type Entry, nothingEntry } from "../../src/core/entry.ts";
import type { DecidedOperation } from "../../src/core/memory-format.ts";
import type {
  Answer,
  ApplyContext,
  Conditions,
  Operation,
} from "../../src/core/operation.ts";
import { encodeMemory, memoryOf } from "./memories.ts";

/** A ballot of the present epoch by its counter. */
export const at = (counter: number): Ballot => ({
  epoch: 2,
  counter,
  proposer: "p",
});
/** The ballot of the attempt. */
export const ballot = at(50);
/** The coordinator's clock. */
export const now = 1_000;

/** An operation from before, whose id every state with a past remembers. */
export const earlier: DecidedOperation = {
  id: "earlier",
  ballot: at(20),
  at: 900,
  effect: "created",
};
/** What every state with a past has in common. */
export const past = {
  revision: at(20),
  memory: encodeMemory({ operations: [earlier], idsFrom: epochStart(2) }),
};
/** The value of the states that have one. */
export const value = Uint8Array.of(1);
/** Every state that a key can be in. */
export const states: Readonly<Record<string, Entry | undefined>> = {
  absent: undefined,
  /** What a change that wrote nothing left behind. */
  nothing: nothingEntry(epochStart(2), 700),
  present: {
    ...past,
    value,
    contentType: "a/b",
    metadata: '{"m":1}',
    createdAt: 800,
    modifiedAt: 900,
  },
  tombstone: { ...past, value: null, createdAt: 900, modifiedAt: 900 },
  expired: { ...past, value, createdAt: 800, modifiedAt: 900, expiresAt: now },
};
/** Their names. */
export const allStates = Object.keys(states);
/** Those in which a reader finds nothing. */
export const withoutValue = ["absent", "nothing", "tombstone", "expired"];

/** What the operation makes of the state; `more` overrides the usual context. */
export function apply(
  state: string,
  operation: Operation,
  more: Partial<ApplyContext> = {},
): { readonly entry?: Entry; readonly answer: Answer | { kind: "forgotten" } } {
  const decision = applyOperation(operation, {
    current: states[state],
    ballot,
    now,
    floor: epochStart(2),
    collectedAt: 0,
    after: at(40),
    mayRepeat: false,
    ...more,
  });
  if (decision.kind === "forgotten") return { answer: decision };
  const { entry, answer } = decision;
  return { entry, answer };
}

/** A put under the id `x`. */
export const put = (more: Partial<Extract<Operation, { kind: "put" }>> = {}) =>
  ({ kind: "put", id: "x", value: Uint8Array.of(2), ...more }) as const;
/** An increment by one under the id `x`. */
export const increment = (
  more: Partial<Extract<Operation, { kind: "increment" }>> = {},
) => ({ kind: "increment", id: "x", by: 1, ...more }) as const;
/** A touch under the id `x`. */
export const touch = (
  more: Partial<Extract<Operation, { kind: "touch" }>> = {},
) => ({ kind: "touch", id: "x", ...more }) as const;
/** A delete under the id `x`. */
export const remove = (conditions?: Conditions): Operation => ({
  kind: "delete",
  id: "x",
  ...(conditions && { conditions }),
});
/** The operations that an entry remembers, the oldest first. */
export const operationsOf = (entry: Entry | undefined) =>
  entry && memoryOf(entry).operations;
/** Their ids. */
export const ids = (entry: Entry | undefined) =>
  operationsOf(entry)?.map(({ id }) => id);
