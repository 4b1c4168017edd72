/** Operations on a key as JSON: the bodies of `PATCH /db/{key}`. */
import * as v from "valibot";
import { jsonReader } from "./json-body.ts";
import { ttlInJson } from "./ttl.ts";

const number = v.pipe(v.number(), v.finite());

const increment = v.pipe(
  v.strictObject({
    op: v.literal("increment"),
    by: v.optional(number, 1),
    min: v.optional(number),
    max: v.optional(number),
    /** Seconds, if the key is created. */
    ttl: v.optional(ttlInJson),
  }),
  v.check(
    ({ min = Number.NEGATIVE_INFINITY, max = Number.POSITIVE_INFINITY }) =>
      min <= max,
    "min is above max.",
  ),
);

const touch = v.strictObject({
  op: v.literal("touch"),
  /** Seconds; null means for ever. */
  ttl: v.nullable(ttlInJson),
});

/** Reads one operation; `invalid_body` names the field that is wrong. */
export const readOperation = jsonReader(v.variant("op", [increment, touch]));
