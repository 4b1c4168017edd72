/** `ringwalk replace URL...` */
import { requestJoin } from "../../client/change-request.ts";
import { withChangeProgress } from "../change-progress.ts";
import { command } from "../command.ts";
import { exitCodes } from "../exit-code.ts";
import {
  changeOptionsOf,
  membershipArgs,
  reportChange,
  targetOf,
} from "../membership-args.ts";

/** Told to the new node; while the member still answers the ring refuses (`member_alive`). */
export const replace = command({
  name: "replace",
  description:
    "Tell a node that lost its store to take the place of the dead member of its name",
  args: {
    url: {
      type: "positional",
      description:
        "A living member of the ring; further ones are tried when it is down",
      required: true,
    },
    ...membershipArgs,
  },
  positionalsMax: Number.POSITIVE_INFINITY,
  examples: [
    "ringwalk replace http://127.0.0.1:8000 --node http://127.0.0.1:8001",
  ],
  async run(invocation) {
    const target = targetOf(invocation);
    const report = await withChangeProgress(
      requestJoin(target, {
        urls: invocation.positionals,
        replace: true,
        ...changeOptionsOf(invocation),
      }),
      { ...target, label: "replace" },
    );
    await reportChange(
      invocation,
      report,
      (members) => `${target.node} took its place in the ring of ${members}`,
    );
    return exitCodes.ok;
  },
});
