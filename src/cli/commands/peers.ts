/** `ringwalk peers` */
import { clientArgs, clientOf, jsonArg } from "../client-args.ts";
import { command } from "../command.ts";
import { exitCodes } from "../exit-code.ts";
import { writeJson, writeLine } from "../output.ts";

/** As the asked node knows them: a name a line, or an array. */
export const peers = command({
  name: "peers",
  description: "List the names of the ring's members, the asked node's first",
  args: { ...jsonArg, ...clientArgs },
  examples: [
    "ringwalk peers",
    "ringwalk peers --node http://127.0.0.1:8001 --json",
  ],
  async run(invocation) {
    const names = await clientOf(invocation).peers();
    if (invocation.args.json) await writeJson(names);
    else for (const name of names) await writeLine(name);
    return exitCodes.ok;
  },
});
