/** `ringwalk keys` */
import {
  clientArgs,
  clientOf,
  jsonArg,
  patience,
  patientTimeoutArg,
} from "../client-args.ts";
import { command } from "../command.ts";
import { exitCodes, usageError } from "../exit-code.ts";
import { write } from "../output.ts";

/** Printed as they come, so that there may be any number. */
export const keys = command({
  name: "keys",
  description: "List the keys of the ring, or of one node",
  args: {
    prefix: { type: "string", description: "Only keys that begin so" },
    scope: {
      type: "string",
      valueHint: "ring|node",
      description:
        "node: only keys that the node is primary for (default ring)",
    },
    ...jsonArg,
    ...clientArgs,
    ...patientTimeoutArg,
  },
  examples: [
    "ringwalk keys",
    "ringwalk keys --prefix user/",
    "ringwalk keys --scope node --node http://127.0.0.1:8001",
    "ringwalk keys --json | jq length",
  ],
  async run(invocation) {
    const { prefix, scope = "ring", json } = invocation.args;
    if (scope !== "ring" && scope !== "node")
      throw usageError("--scope is ring or node.");
    const found = clientOf(invocation, patience).keys({
      scope,
      ...(prefix !== undefined && { prefix }),
    });
    let separator = "[";
    for await (const key of found) {
      await write(
        json ? `${separator}${JSON.stringify(key)}` : `${escapeLine(key)}\n`,
      );
      separator = ",\n";
    }
    if (json) await write(separator === "[" ? "[]\n" : "]\n");
    return exitCodes.ok;
  },
});

/** As in `GET /db`: what would break a line, and % itself, is percent-encoded. */
function escapeLine(key: string): string {
  return key.replace(/[\r\n%]/g, encodeURIComponent);
}
