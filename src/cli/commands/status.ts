/** `ringwalk status` */
import { clientArgs, clientOf, jsonArg } from "../client-args.ts";
import { command } from "../command.ts";
import { exitCodes } from "../exit-code.ts";
import { coloured, write, writeJson } from "../output.ts";
import { statusView } from "../status-view.ts";

export const status = command({
  name: "status",
  description:
    "Show the ring: members, their share and health, changes under way",
  args: { ...jsonArg, ...clientArgs },
  examples: [
    "ringwalk status",
    "ringwalk status --node https://n1.example.com",
    "ringwalk status --json | jq .epoch",
  ],
  async run(invocation) {
    const ring = await clientOf(invocation).status();
    if (invocation.args.json) await writeJson(ring);
    else await write(coloured(statusView(ring)));
    return exitCodes.ok;
  },
});
