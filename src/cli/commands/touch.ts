/** `ringwalk touch KEY` */
import { clientArgs, clientOf, jsonArg } from "../client-args.ts";
import { command } from "../command.ts";
import { exitCodes, usageError } from "../exit-code.ts";
import { writeJson } from "../output.ts";
import { ttlOf } from "../ttl.ts";
import { conditionsOf } from "./put.ts";

/** Exit code 3 when there is no such key, 4 when `--if-match` does not hold. */
export const touch = command({
  name: "touch",
  description:
    "Set how long a key lives from now on; its value and revision stay as they are",
  args: {
    key: { type: "positional", description: "The key", required: true },
    ttl: {
      type: "string",
      valueHint: "seconds",
      description: "Delete the value after this time",
    },
    forever: { type: "boolean", description: "Keep the value" },
    "if-match": {
      type: "string",
      valueHint: "revision",
      description: "Only if the value has this revision",
    },
    ...jsonArg,
    ...clientArgs,
  },
  examples: [
    "ringwalk touch session --ttl 3600",
    "ringwalk touch lock --ttl 30 --if-match REVISION",
    "ringwalk touch draft --forever",
  ],
  async run(invocation) {
    const { args } = invocation;
    const { ttlSeconds = null } = ttlOf(args.ttl);
    if ((ttlSeconds === null) !== (args.forever === true))
      throw usageError("Give --ttl SECONDS or --forever.");
    await clientOf(invocation).touch(args.key, {
      ...conditionsOf(args),
      ttlSeconds,
    });
    if (args.json) await writeJson({ key: args.key });
    return exitCodes.ok;
  },
});
