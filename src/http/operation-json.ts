/** Operations on a key as JSON: the bodies of `PATCH /db/{key}`, and with a key beside lines of `POST /db`. */
import * as v from "valibot";
import { jsonReader } from "./json-body.ts";
import { ttlInJson } from "./ttl.ts";

const number = v.pipe(v.number(), v.finite());

/** Of an increment. */
export const incrementFields = {
  op: v.literal("increment"),
  by: v.optional(number, 1),
  min: v.optional(number),
  max: v.optional(number),
  /** Seconds, if the key is created. */
  ttl: v.optional(ttlInJson),
};

/** What `invalid_body` says of an increment that no sum could satisfy. */
export const boundsMessage = "min is above max.";

/** Whether there is a number that is within them. */
export function areInOrder({
  min = Number.NEGATIVE_INFINITY,
  max = Number.POSITIVE_INFINITY,
}: {
  readonly min?: number | undefined;
  readonly max?: number | undefined;
}): boolean {
  return min <= max;
}

/** Of a touch. */
export const touchFields = {
  op: v.literal("touch"),
  /** Seconds; null means for ever. */
  ttl: v.nullable(ttlInJson),
};

const increment = v.pipe(
  v.strictObject(incrementFields),
  v.check((bounds) => areInOrder(bounds), boundsMessage),
);
const touch = v.strictObject(touchFields);

/** Reads one operation; `invalid_body` names the field that is wrong. */
export const readOperation = jsonReader(v.variant("op", [increment, touch]));

/** What `readOperation` reads. */
export type PatchOperation =
  | v.InferOutput<typeof increment>
  | v.InferOutput<typeof touch>;
