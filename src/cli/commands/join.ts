/** `ringwalk join URL...` */
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

/** Told to the node that is to join; one that is a member already stays as it is. */
export const join = command({
  name: "join",
  description: "Tell a node to join a ring, with the keys that it holds",
  args: {
    url: {
      type: "positional",
      description:
        "A member of the ring to join; further ones are tried when it is down",
      required: true,
    },
    ...membershipArgs,
  },
  positionalsMax: Number.POSITIVE_INFINITY,
  examples: [
    "ringwalk join http://127.0.0.1:8000 --node http://127.0.0.1:8003",
    "ringwalk join http://10.0.0.1:8000 http://10.0.0.2:8000 --node http://10.0.0.3:8000 --no-wait",
  ],
  async run(invocation) {
    const target = targetOf(invocation);
    const report = await withChangeProgress(
      requestJoin(target, {
        urls: invocation.positionals,
        ...changeOptionsOf(invocation),
      }),
      { ...target, label: "join" },
    );
    await reportChange(
      invocation,
      report,
      (members) => `${target.node} is in the ring of ${members}`,
    );
    return exitCodes.ok;
  },
});
