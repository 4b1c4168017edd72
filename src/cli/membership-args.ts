/** What the commands that change a ring's members share. */
import { createCall } from "../client/call.ts";
import type { ChangeOptions, Target } from "../client/change-request.ts";
import { nodeUrl } from "../client/node-list.ts";
import type { ChangeReport } from "../client/status.ts";
import {
  authorizationOf,
  clientArgs,
  jsonArg,
  nodeDefault,
  nodesOf,
  timeoutMsOf,
} from "./client-args.ts";
import type { Invocation } from "./command.ts";
import { note, writeJson, writeLine } from "./output.ts";

/** `clientArgs` with a `--node` that is told and not asked, a longer `--timeout`, and `--no-wait`. */
export const membershipArgs = {
  wait: {
    type: "boolean",
    default: true,
    description: "Wait until the ring is stable again",
    negativeDescription:
      "Return as soon as the change is decided; status shows its progress",
  },
  ...jsonArg,
  ...clientArgs,
  node: {
    type: "string",
    valueHint: "url",
    description: `The node that is told (RINGWALK_NODE, default ${nodeDefault})`,
  },
  timeout: {
    type: "string",
    valueHint: "seconds",
    description: "How long to wait; the change itself goes on (default 290)",
  },
} as const;

type MembershipInvocation = Invocation<typeof membershipArgs>;

/** The node that is told: the first one given. */
export function targetOf(invocation: MembershipInvocation): Target {
  const [node = ""] = nodesOf(invocation);
  const call = createCall({ headers: authorizationOf(invocation.args) });
  return { call, node: nodeUrl(node) };
}

/** `--wait` and `--timeout` as the client takes them; its own default holds where no time is given. */
export function changeOptionsOf({ args }: MembershipInvocation): ChangeOptions {
  const timeoutMs = timeoutMsOf(args);
  return { wait: args.wait, ...(timeoutMs !== undefined && { timeoutMs }) };
}

/** Prints how a change ended; `done` is the sentence for one that is complete. */
export async function reportChange(
  { args }: MembershipInvocation,
  report: ChangeReport,
  done: (members: string) => string,
): Promise<void> {
  const { members, isComplete, epoch } = report;
  const { partitionsLeft = 0, partitionsInDoubt = [] } = report;
  if (args.json) await writeJson(report);
  else if (isComplete || partitionsLeft > 0)
    await writeLine(`${done(members.join(", "))} (epoch ${epoch})`);
  else
    await writeLine(
      `The change goes on (epoch ${epoch}); ringwalk status shows how far it is.`,
    );
  if (partitionsLeft > 0)
    note(
      `${partitionsLeft} partitions keep their old replicas for now, because members did not answer; the ring moves them when all do (ringwalk status tells).`,
    );
  if (partitionsInDoubt.length > 0)
    note(
      `${partitionsInDoubt.length} partitions had lost their majority and may have lost acknowledged writes: ${partitionsInDoubt.join(", ")}`,
    );
}
