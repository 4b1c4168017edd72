/** `ringwalk get KEY` */
import type { StoredBytes } from "../../client/api.ts";
import { clientArgs, clientOf, jsonArg } from "../client-args.ts";
import { command } from "../command.ts";
import { CliError, exitCodes, usageError } from "../exit-code.ts";
import { write, writeJson } from "../output.ts";
import { valueFields } from "../value-fields.ts";
import { noteWalk, walkFields } from "../walk-view.ts";

/** Exit code 3 without a value. The walk of `--trace` goes to standard error, so that the value can be piped. */
export const get = command({
  name: "get",
  description: "Print a key's value",
  args: {
    key: { type: "positional", description: "The key", required: true },
    trace: {
      type: "boolean",
      description:
        "Show the walk: which nodes were asked, and what they answered",
    },
    consistency: {
      type: "string",
      valueHint: "linearizable|eventual",
      description: "eventual asks one replica alone (default linearizable)",
    },
    ...jsonArg,
    ...clientArgs,
  },
  examples: [
    "ringwalk get greeting",
    "ringwalk get --trace greeting",
    "ringwalk get photo > photo.jpg",
    "ringwalk get --json greeting | jq .revision",
    "ringwalk get -- -a-key-with-a-dash",
  ],
  async run(invocation) {
    const { key, trace, consistency, json } = invocation.args;
    let walk: string | undefined;
    const stored = await clientOf(invocation).getBytes(key, {
      ...(consistency !== undefined && {
        consistency: checkedConsistency(consistency),
      }),
      ...(trace && {
        onWalk: (text) => {
          walk = text;
        },
      }),
    });
    if (walk !== undefined && !json) noteWalk(walk);
    if (!stored) throw missing(key);
    if (json)
      await writeJson({
        key,
        ...valueFields(stored),
        revision: stored.revision,
        ...(walk !== undefined && { walk: walkFields(walk) }),
      });
    else await writeValue(stored);
    return exitCodes.ok;
  },
});

function checkedConsistency(text: string): "linearizable" | "eventual" {
  if (text === "linearizable" || text === "eventual") return text;
  throw usageError("--consistency is linearizable or eventual.");
}

function missing(key: string): CliError {
  return new CliError({
    code: "not_found",
    message: `There is no key ${JSON.stringify(key)}.`,
    exitCode: exitCodes.notFound,
  });
}

/** The bytes as they are; on a terminal the prompt gets a line of its own. */
async function writeValue({ bytes }: StoredBytes): Promise<void> {
  await write(bytes);
  if (process.stdout.isTTY && bytes.at(-1) !== 0x0a) await write("\n");
}
