/** What a client was told of the ring's past, by which a write that is repeated takes effect once (docs/decisions/0026). */

/** Tells a bound in answers, and says in a request what its first attempt was sent under. */
export const boundHeader = "ringwalk-bound";

export interface ToldBound {
  /** Empty where the ring tells none, or could not be asked; absent until it was. */
  newest?: string;
  /** Present while it is asked. Never rejects. */
  asking?: Promise<void> | undefined;
}
