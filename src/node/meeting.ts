/** Meeting a ring: a node of it that answers, and whether this node may join it. */
import { fail, ok, type Result } from "../core/errors.ts";
import { decodeGreeting } from "../core/greeting-codec.ts";
import type { Member, Settings } from "../core/layout.ts";
import { type Greeting, protocolVersion } from "../core/message.ts";
import type { Transport } from "../ports.ts";
import type { JoinOptions } from "./api.ts";

/** How a node speaks to others before it has a layout in common with them. */
export interface MeetingParts {
  readonly transport: Transport;
  /** This node as a member, but for its id. */
  readonly self: Omit<Member, "id">;
  readonly callTimeoutMs: number;
}

/** The first node that answers as one; its settings and names are then the ring's. */
export async function greetFirst(
  { transport, self, callTimeoutMs }: MeetingParts,
  urls: readonly string[],
): Promise<Result<Greeting>> {
  let error = fail("join_unreachable", "No url to join was given.");
  for (const url of urls) {
    if (url === self.url) {
      error = fail(
        "join_itself",
        `${url} is this node itself: name another one.`,
      );
      continue;
    }
    const result = await transport.hello(url, callTimeoutMs);
    const greeting =
      result.kind === "answer" ? decodeGreeting(result.body) : undefined;
    if (greeting) return ok(greeting);
    error =
      result.kind === "answer"
        ? fail("join_not_a_node", `${url} does not answer as a ringwalk node.`)
        : fail(
            "join_unreachable",
            `${url} cannot be joined: ${result.reason}.`,
          );
  }
  return error;
}

/** Why this node may not join that ring; absent when it may. */
export function unfitReason(
  { layout, versions, self: member }: Greeting,
  self: Omit<Member, "id">,
  { expected }: JoinOptions,
  selfId: string,
) {
  if (member.id === selfId)
    return fail("join_itself", "That is this node itself: name another one.");
  const [lowest, highest] = versions;
  if (protocolVersion < lowest || protocolVersion > highest)
    return fail(
      "version_unsupported",
      `The ring speaks protocol versions ${lowest} to ${highest}, this node ${protocolVersion}: upgrade one of them.`,
    );
  if (
    layout.settings.consistency === "linearizable" &&
    self.guarantee === "eventual"
  )
    return fail(
      "join_store_unfit",
      "This node's store cannot keep the promises of a linearizable ring: use sqlite, fs or memory, or join an eventual ring.",
    );
  const differing = differingSettings(layout.settings, expected ?? {});
  if (differing.length > 0)
    return fail(
      "join_settings_differ",
      `The ring was founded with other settings: ${differing.join("; ")}. Start this node without those flags.`,
      { differing },
    );
  return undefined;
}

function differingSettings(
  settings: Settings,
  expected: NonNullable<JoinOptions["expected"]>,
): readonly string[] {
  const names = [
    "consistency",
    "partitionCount",
    "replicaCount",
    "valueBytesMax",
  ] as const;
  return names
    .filter(
      (name) =>
        expected[name] !== undefined && expected[name] !== settings[name],
    )
    .map((name) => `${name} is ${settings[name]}, not ${expected[name]}`);
}
