/** A look at a ring: what a node says of it, and how far the member is that drives a change. */
import type { Call } from "../client/call.ts";
import { jsonOf } from "../client/node-answer.ts";
import { nodeUrl } from "../client/node-list.ts";
import type { RingStatus } from "../client/status.ts";

const lookTimeoutMs = 2_000;

/** What the node at `url` says; absent when it says nothing that can be used in time. */
export async function statusAt(
  url: string,
  { call, signal }: { readonly call: Call; readonly signal?: AbortSignal },
): Promise<RingStatus | undefined> {
  const outcome = await call(
    nodeUrl(url),
    { method: "GET", path: "/dht/status" },
    { timeoutMs: lookTimeoutMs, ...(signal && { signal }) },
  );
  if (outcome.kind !== "answer" || outcome.status !== 200) return undefined;
  try {
    return jsonOf<RingStatus>(outcome);
  } catch {
    return undefined;
  }
}

/** The status with the progress of a change, which its driver alone knows: one of the members that decide layouts. */
export async function withProgress(
  status: RingStatus,
  parts: { readonly call: Call; readonly signal?: AbortSignal },
): Promise<RingStatus> {
  if (status.phase === "stable" || status.progress) return status;
  const drivers = status.members.filter(
    ({ name, isSelf }) => !isSelf && status.systemMembers.includes(name),
  );
  const answers = await Promise.all(
    drivers.map(({ url }) => statusAt(url, parts)),
  );
  const found = answers.find(
    (answer) => answer?.progress && answer.ringId === status.ringId,
  );
  return found?.progress ? { ...status, progress: found.progress } : status;
}
