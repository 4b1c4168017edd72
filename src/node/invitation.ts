/** Adding a node from inside the ring: this member invites it, and it joins by itself. */
import { fail, ok, type Result } from "../core/errors.ts";
import { memberOf } from "../core/layout.ts";
import type { AddOptions, ChangeReport, RingNode } from "./api.ts";
import type { ChangeWait } from "./change-wait.ts";
import type { Deadline } from "./deadline.ts";
import { greetFirst, type MeetingParts } from "./meeting.ts";
import type { Peers } from "./peers.ts";
import type { Ring } from "./ring.ts";

/** How a member speaks to a node outside of its ring, and waits for it to come. */
export interface InvitationParts extends MeetingParts {
  readonly ring: Ring;
  readonly peers: Peers;
  readonly wait: ChangeWait;
  readonly report: (isComplete: boolean) => ChangeReport;
}

/** The invited node asks for its join to be decided before it answers. */
const inviteTimeoutMs = 20_000;

/** Has the node at a url join this ring. */
export async function invite(
  parts: InvitationParts,
  { url, wait = true }: AddOptions,
  deadline: Deadline,
): Promise<Result<ChangeReport>> {
  const { ring, peers, report } = parts;
  const greeted = await greetFirst(parts, [url]);
  if (!greeted.ok) return greeted;
  const { layout, self: member } = greeted.value;
  const own = ring.layout();
  if (layout.ringId === own.ringId) return ok(report(isIn(ring, member.name)));
  if (layout.members.length > 1) return elsewhere(url);
  const self = own.members.find(({ id }) => id === ring.memberId());
  const others = own.members.filter(({ id }) => id !== ring.memberId());
  const urls = [self, ...others].flatMap((each) => (each ? [each.url] : []));
  const outcome = await peers.sendDirectly(
    { layout, member },
    { kind: "invite", urls },
    inviteTimeoutMs,
  );
  if (outcome.kind === "error") return { ok: false, error: outcome.error };
  if (outcome.kind !== "done") return unanswered(url);
  if (!wait) return ok(report(false));
  const end = await parts.wait.until(deadline, () => isIn(ring, member.name));
  return end === "stuck" ? unanswered(url) : ok(report(end === "ready"));
}

/** What an invited node does: it joins, unless it would have to leave others for that. */
export async function acceptInvitation(
  { ring, join }: { readonly ring: Ring; readonly join: RingNode["join"] },
  urls: readonly string[],
): Promise<Result<unknown>> {
  const layout = ring.layout();
  if (layout.members.length > 1)
    return elsewhere(memberOf(layout, ring.memberId())?.url ?? "This node");
  return join({ urls, wait: false });
}

function isIn(ring: Ring, name: string): boolean {
  const { phase, members } = ring.layout();
  return phase === "stable" && members.some((member) => member.name === name);
}

function elsewhere(url: string) {
  return fail(
    "member_elsewhere",
    `${url} is in a ring with others: have it leave that ring first (ringwalk leave --node ${url}).`,
  );
}

function unanswered(url: string) {
  return fail(
    "outcome_unknown",
    `${url} was invited, and has not said whether it joins: GET /dht/status shows it; to ask again is safe.`,
  );
}
