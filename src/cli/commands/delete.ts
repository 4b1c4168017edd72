/** `ringwalk delete KEY` */
import { clientArgs, clientOf, jsonArg } from "../client-args.ts";
import { command } from "../command.ts";
import { exitCodes } from "../exit-code.ts";
import { writeJson } from "../output.ts";
import { conditionsOf } from "./put.ts";

/** Prints nothing, unless `--json`; exit code 4 when `--if-match` does not hold. */
export const deleteKey = command({
  name: "delete",
  description: "Delete a key; one that is missing is no error",
  args: {
    key: { type: "positional", description: "The key", required: true },
    "if-match": {
      type: "string",
      valueHint: "revision",
      description:
        "Only if the value has this revision; * only if there is one",
    },
    ...jsonArg,
    ...clientArgs,
  },
  examples: [
    "ringwalk delete greeting",
    "ringwalk delete lock --if-match REVISION",
  ],
  async run(invocation) {
    const { args } = invocation;
    await clientOf(invocation).delete(args.key, conditionsOf(args));
    if (args.json) await writeJson({ key: args.key });
    return exitCodes.ok;
  },
});
