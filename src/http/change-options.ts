/** What every request that changes a key may say beside the change: preconditions, and a key by which it is known again. */
import { fail, ok, type Result } from "../core/errors.ts";
import { idempotencyKeyCharactersMax } from "../core/limits.ts";
import type { ChangeOptions } from "../node/change-api.ts";
import { conditionsOf } from "./conditional.ts";

/** Read from `If-Match`, `If-None-Match` and `Idempotency-Key`. */
export function changeOptionsOf(headers: Headers): Result<ChangeOptions> {
  const conditions = conditionsOf(headers);
  if (!conditions.ok) return conditions;
  const idempotencyKey = headers.get("idempotency-key");
  if (idempotencyKey !== null && !isIdempotencyKey(idempotencyKey))
    return fail(
      "invalid_idempotency_key",
      `Idempotency-Key has 1 to ${idempotencyKeyCharactersMax} visible ASCII characters.`,
    );
  return ok({
    ...(conditions.value && { conditions: conditions.value }),
    ...(idempotencyKey !== null && { idempotencyKey }),
  });
}

function isIdempotencyKey(text: string): boolean {
  return (
    text.length <= idempotencyKeyCharactersMax && /^[\x21-\x7e]+$/.test(text)
  );
}
