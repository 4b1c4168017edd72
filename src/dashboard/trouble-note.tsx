/** A problem as people see it: what is wrong, its code, and the next step. */
import type { Trouble } from "./calls.ts";

const nextSteps: Readonly<Record<string, string>> = {
  unauthorized: "Give a token: the key at the top.",
  forbidden: "Use a token that has this right, for these keys.",
  no_quorum: "See which members are down, and start them.",
  overloaded: "Wait a moment, and try again.",
  change_in_progress: "Wait until the change under way is done.",
  member_alive: "Have it leave instead.",
  join_unreachable:
    "Look at the url, and whether this node can reach it; is the node running?",
  join_not_a_node: "Look at the url: something else answers there.",
  outcome_unknown: "Look whether it has happened before you repeat it.",
};

/** Shows nothing when there is no trouble; read aloud as it appears. */
export function TroubleNote({ trouble }: { trouble: Trouble | undefined }) {
  if (!trouble) return null;
  const { code, message } = trouble;
  return (
    <p class="trouble" role="alert">
      {message} {nextSteps[code] ?? ""} <code>{code}</code>
    </p>
  );
}
