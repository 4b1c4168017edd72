/** What every request that changes a key may say beside the change: preconditions, and a key by which it is known again. */
import { fail, ok, type Result } from "../core/errors.ts";
import type { ChangeOptions } from "../node/change-api.ts";
import { type Bounds, toldPastOf } from "./bound.ts";
import { conditionsOf } from "./conditional.ts";
import { idempotencyKeyMessage, isIdempotencyKey } from "./idempotency-key.ts";

/** Read from `If-Match`, `If-None-Match`, `Idempotency-Key` and what goes with that. */
export function changeOptionsOf(
  headers: Headers,
  bounds: Bounds,
): Result<ChangeOptions> {
  const conditions = conditionsOf(headers);
  if (!conditions.ok) return conditions;
  const idempotencyKey = headers.get("idempotency-key");
  if (idempotencyKey !== null && !isIdempotencyKey(idempotencyKey))
    return fail("invalid_idempotency_key", idempotencyKeyMessage);
  const toldPast = toldPastOf(headers);
  if (!toldPast.ok) return toldPast;
  const past = bounds.read(toldPast.value);
  if (!past.ok) return past;
  return ok({
    ...past.value,
    ...(conditions.value && { conditions: conditions.value }),
    ...(idempotencyKey !== null && { idempotencyKey }),
  });
}
