/** What a member's store can promise, as the layout lists it. */

/**
 * `durable`: a write that was answered survives a crash (fsynced). `volatile`: it survives until the process ends.
 * `eventual`: reads may be stale and there is no compare-and-set; such a store never votes in a linearizable ring.
 */
export type StoreGuarantee = "durable" | "volatile" | "eventual";
