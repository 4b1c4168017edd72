/** Not broken, but tight: entries remember so few ids that some are forgotten within a run. */
export * from "../../core/limits.ts";

/** Few enough that a repetition often comes when its key has forgotten it. */
export const operationIdsMax = 2;
