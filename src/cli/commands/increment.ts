/** `ringwalk increment KEY` */
import { clientArgs, clientOf, jsonArg } from "../client-args.ts";
import { command } from "../command.ts";
import { exitCodes, usageError } from "../exit-code.ts";
import { writeJson, writeLine } from "../output.ts";
import { ttlOf } from "../ttl.ts";

/** Exit code 4 when the sum would pass `--min` or `--max`: then the number stays as it is. */
export const increment = command({
  name: "increment",
  description:
    "Add to the number under a key, in one step, and print it; a missing key counts as 0",
  args: {
    key: { type: "positional", description: "The key", required: true },
    by: {
      type: "string",
      valueHint: "n",
      description: "How much; may be negative (default 1)",
    },
    min: {
      type: "string",
      valueHint: "n",
      description: "Only if the result is not below this",
    },
    max: {
      type: "string",
      valueHint: "n",
      description: "Only if the result is not above this",
    },
    ttl: {
      type: "string",
      valueHint: "seconds",
      description:
        "Delete the key after this time, if it is created now; one that is there keeps its time",
    },
    ...jsonArg,
    ...clientArgs,
  },
  examples: [
    "ringwalk increment visits",
    "ringwalk increment stock --by -1 --min 0",
    "ringwalk increment requests/ada --max 100 --ttl 60",
  ],
  async run(invocation) {
    const { args } = invocation;
    const counted = await clientOf(invocation).increment(args.key, {
      ...numberFlag("by", args.by),
      ...numberFlag("min", args.min),
      ...numberFlag("max", args.max),
      ...ttlOf(args.ttl),
    });
    if (args.json) await writeJson({ key: args.key, ...counted });
    else await writeLine(String(counted.value));
    return exitCodes.ok;
  },
});

function numberFlag(name: "by" | "min" | "max", text: string | undefined) {
  if (text === undefined) return {};
  const number = Number(text);
  if (text.trim() === "" || !Number.isFinite(number))
    throw usageError(`--${name} ${text} is not a number.`);
  return { [name]: number };
}
