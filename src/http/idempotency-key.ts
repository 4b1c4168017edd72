/** What an idempotency key may be: `Idempotency-Key` of a request, `idempotencyKey` of a line. */
import { idempotencyKeyCharactersMax } from "../core/limits.ts";

export const idempotencyKeyMessage = `An idempotency key has 1 to ${idempotencyKeyCharactersMax} visible ASCII characters.`;

export function isIdempotencyKey(text: string): boolean {
  return (
    text.length <= idempotencyKeyCharactersMax && /^[\x21-\x7e]+$/.test(text)
  );
}
