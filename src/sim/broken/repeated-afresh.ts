/** Broken: a repetition is executed by what the node knows now, not by what the caller knew at first. */
import * as real from "../../node/operations.ts";

export * from "../../node/operations.ts";

/** Hands on neither the bound that the caller was told nor that this is a repetition. */
export function createOperations(parts: real.OperationsParts): real.Operations {
  const operations = real.createOperations(parts);
  return {
    ...operations,
    execute(key, operation, { onWalk } = {}) {
      return operations.execute(key, operation, { onWalk });
    },
  };
}
