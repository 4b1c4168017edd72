/** `ringwalk remove NAME` */
import { requestRemove } from "../../client/change-request.ts";
import { withChangeProgress } from "../change-progress.ts";
import { command } from "../command.ts";
import { exitCodes } from "../exit-code.ts";
import {
  changeOptionsOf,
  membershipArgs,
  reportChange,
  targetOf,
} from "../membership-args.ts";

/** Told to a member that lives. In which partitions `--force` may have lost writes goes to standard error. */
export const remove = command({
  name: "remove",
  description: "Remove a dead member; a living one is asked to leave",
  args: {
    name: {
      type: "positional",
      description: "The member's name, as peers and status show it",
      required: true,
    },
    force: {
      type: "boolean",
      description:
        "Also when a majority of some replicas is gone for good: the members that are left found a new ring, and acknowledged writes may be lost",
    },
    ...membershipArgs,
  },
  examples: [
    "ringwalk remove node-8002",
    "ringwalk remove node-8001 --force --node http://127.0.0.1:8000",
  ],
  async run(invocation) {
    const { name, force = false } = invocation.args;
    const target = targetOf(invocation);
    const report = await withChangeProgress(
      requestRemove(target, {
        name,
        force,
        ...changeOptionsOf(invocation),
      }),
      { ...target, label: "remove" },
    );
    await reportChange(
      invocation,
      report,
      (members) => `${name} is removed; the members are ${members}`,
    );
    return exitCodes.ok;
  },
});
