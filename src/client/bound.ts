/** What a client was told of the ring's past, by which a write that is repeated takes effect once (docs/decisions/0026). */

/** Tells a bound in answers, and says in a request what its first attempt was sent under. */
export const boundHeader = "ringwalk-bound";

/** The newest bound that the nodes have told a client; its writes are sent under it. */
export interface ToldBound {
  /** Empty where the ring tells none, or could not be asked; absent until it was. */
  newest?: string;
  /** Present while it is asked. Never rejects. */
  asking?: Promise<void> | undefined;
}
