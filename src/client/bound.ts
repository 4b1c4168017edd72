/** What a client was told of the ring's past, by which a write that is repeated takes effect once (docs/decisions/0026). */

/** Tells a bound in answers, and says in a request what its first attempt was sent under. */
export const boundHeader = "ringwalk-bound";
/** Says with `1` that the request was sent before. */
export const repeatedHeader = "ringwalk-repeated";

/** The bound that a client's writes are sent under. */
export interface ToldBound {
  /**
   * What operations are sent under; empty where the ring tells none, or could not be asked; absent until it was. It is kept
   * until a key turns out to have forgotten what was before it: under a newer one, nodes could not use the ballots that
   * replicas have promised them ahead, and each write of a key would take one more round.
   */
  bound?: string | undefined;
  /** Present while it is asked. Never rejects. */
  asking?: Promise<void> | undefined;
}
