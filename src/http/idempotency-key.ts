/** What an idempotency key may be: `Idempotency-Key` of a request, `idempotencyKey` of a line. */
import { idempotencyKeyCharactersMax } from "../core/limits.ts";

/** What `invalid_idempotency_key` says, of a header as of a line. */
export const idempotencyKeyMessage = `An idempotency key has 1 to ${idempotencyKeyCharactersMax} visible ASCII characters.`;

/** Whether a node takes it: not too long, and the same in a header as in JSON. */
export function isIdempotencyKey(text: string): boolean {
  return (
    text.length <= idempotencyKeyCharactersMax && /^[\x21-\x7e]+$/.test(text)
  );
}
