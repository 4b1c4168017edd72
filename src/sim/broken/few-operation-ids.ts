/** Not broken, but tight: entries remember so few ids that some are forgotten within a run. */
export * from "../../core/limits.ts";

export const operationIdsMax = 2;
