/** Histories as text, one operation a line (NDJSON), so that a run can be kept and checked again. */
import * as v from "valibot";
import type { Operation } from "./history.ts";

const revisions = v.union([
  v.literal("*"),
  v.pipe(v.array(v.string()), v.readonly()),
]);

const conditions = v.strictObject({
  ifMatch: v.optional(revisions),
  ifNoneMatch: v.optional(revisions),
});

const expiry = {
  expiresNotBefore: v.optional(v.number()),
  expiresNotAfter: v.optional(v.number()),
};

const input = v.variant("kind", [
  v.strictObject({ kind: v.literal("get") }),
  v.strictObject({ kind: v.literal("eventual-get") }),
  v.strictObject({
    kind: v.literal("put"),
    value: v.string(),
    conditions: v.optional(conditions),
    ...expiry,
  }),
  v.strictObject({
    kind: v.literal("increment"),
    by: v.number(),
    min: v.optional(v.number()),
    max: v.optional(v.number()),
    conditions: v.optional(conditions),
    ...expiry,
  }),
  v.strictObject({
    kind: v.literal("touch"),
    conditions: v.optional(conditions),
    ...expiry,
  }),
  v.strictObject({
    kind: v.literal("delete"),
    conditions: v.optional(conditions),
  }),
]);

const outcome = v.variant("kind", [
  v.strictObject({
    kind: v.literal("value"),
    value: v.string(),
    revision: v.optional(v.string()),
  }),
  v.strictObject({ kind: v.literal("absent") }),
  v.strictObject({
    kind: v.literal("applied"),
    revision: v.optional(v.string()),
    created: v.optional(v.boolean()),
    value: v.optional(v.string()),
  }),
  v.strictObject({
    kind: v.literal("refused"),
    reason: v.picklist(["not-a-number", "out-of-bounds", "no-such-key"]),
    value: v.optional(v.string()),
  }),
  v.strictObject({
    kind: v.literal("condition-failed"),
    current: v.optional(v.nullable(v.string())),
  }),
  v.strictObject({ kind: v.literal("failed") }),
  v.strictObject({ kind: v.literal("unknown") }),
]);

/** The shape of one recorded operation, for files that were written by hand or by another process. */
const operationSchema: v.GenericSchema<unknown, Operation> = v.strictObject({
  id: v.string(),
  client: v.string(),
  key: v.string(),
  call: v.number(),
  return: v.optional(v.number()),
  input,
  outcome,
});

/** Each line is ended, the last one too; no operation gives no text. */
export function formatHistory(operations: readonly Operation[]): string {
  return operations
    .map((operation) => `${JSON.stringify(operation)}\n`)
    .join("");
}

/** The inverse of `formatHistory`; throws with the number of the line that is not an operation. */
export function parseHistory(text: string): readonly Operation[] {
  return text.split("\n").flatMap((line, index) => {
    if (line.trim() === "") return [];
    try {
      return [v.parse(operationSchema, JSON.parse(line))];
    } catch (cause) {
      throw new Error(`line ${index + 1} of the history is no operation`, {
        cause,
      });
    }
  });
}
