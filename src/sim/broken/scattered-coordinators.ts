/** Not broken, but tight: every other time an operation takes the next replica for silent, and goes to another coordinator. */
import * as real from "../../node/operations.ts";

export * from "../../node/operations.ts";

/** Half of the looks at whether a member has failed say that it has. */
export function createOperations(parts: real.OperationsParts): real.Operations {
  const { peers } = parts;
  const { suspicion } = peers;
  let count = 0;
  const hasFailed = (id: string) =>
    count++ % 2 === 0 || suspicion.hasFailed(id);
  return real.createOperations({
    ...parts,
    peers: { ...peers, suspicion: { ...suspicion, hasFailed } },
  });
}
