/** `ringwalk leave` */
import { requestLeave } from "../../client/change-request.ts";
import { withChangeProgress } from "../change-progress.ts";
import { command } from "../command.ts";
import { exitCodes } from "../exit-code.ts";
import {
  changeOptionsOf,
  membershipArgs,
  reportChange,
  targetOf,
} from "../membership-args.ts";

/** The node goes on to run, as a ring of its own, until it is stopped. */
export const leave = command({
  name: "leave",
  description:
    "Tell a node to leave its ring, its data moved to the others first",
  args: membershipArgs,
  examples: ["ringwalk leave --node http://127.0.0.1:8002"],
  async run(invocation) {
    const target = targetOf(invocation);
    const report = await withChangeProgress(
      requestLeave(target, changeOptionsOf(invocation)),
      { ...target, label: "leave" },
    );
    await reportChange(
      invocation,
      report,
      () => `${target.node} left, and is a ring of its own`,
    );
    return exitCodes.ok;
  },
});
