/** Asks every member of a ring how it is, and whom of the others it reaches. */
import {
  type CallOutcome,
  createCall,
  type NodeAnswer,
} from "../../client/call.ts";
import { jsonOf } from "../../client/node-answer.ts";
import { nodeUrl } from "../../client/node-list.ts";
import { reasonOfAnswer } from "../../client/problem.ts";
import type { RingStatus } from "../../client/status.ts";
import { createStreamCall } from "../../client/stream-call.ts";

/** What one member said, asked at the url that the ring knows it by. */
export interface MemberReport {
  readonly name: string;
  readonly url: string;
  /** Absent: it did not say. */
  readonly status?: RingStatus;
  /** Why there is no status. */
  readonly failure?: string;
  /** Its refusal's HTTP status; absent where it did not answer, or answered well. */
  readonly refusal?: number;
  /** How far its clock is ahead of this machine's, and how far off that may be. */
  readonly clock?: { readonly aheadMs: number; readonly within: number };
  /** Names of members that it did not reach; absent: it did not say. */
  readonly unreached?: readonly string[];
  /** It answers about the ring to whoever asks, without a token. */
  readonly isOpen?: boolean;
}

/** All that was asked and said: what is judged is judged by it alone. */
export interface Examination {
  /** The ring as the node sees it that was asked first. */
  readonly ring: RingStatus;
  readonly members: readonly MemberReport[];
  /** Present while a change is under way: whether it moved between two looks. */
  readonly hasMoved?: boolean;
}

const askTimeoutMs = 3_000;
/** A member asks all others once a second while somebody watches, and shows a member that hangs as such after 2 s. */
const roundsTimeoutMs = 6_000;
/** Members that are asked at once. */
const atOnceMax = 16;

/** What all members of `ring` say, as far as they do. */
export async function examineMembers(
  ring: RingStatus,
  headers: Readonly<Record<string, string>>,
): Promise<readonly MemberReport[]> {
  const reports: MemberReport[] = [];
  const left = [...ring.members];
  async function worker(): Promise<void> {
    for (let next = left.shift(); next; next = left.shift())
      reports.push(await examine(next, headers));
  }
  await Promise.all(Array.from({ length: atOnceMax }, worker));
  const order = ring.members.map(({ name }) => name);
  return reports.sort((a, b) => order.indexOf(a.name) - order.indexOf(b.name));
}

async function examine(
  { name, url }: { readonly name: string; readonly url: string },
  headers: Readonly<Record<string, string>>,
): Promise<MemberReport> {
  const node = nodeUrl(url);
  const member = { name, url };
  const call = createCall({ headers });
  const status = { method: "GET", path: "/dht/status" } as const;
  const askedAt = Date.now();
  const outcome = await call(node, status, { timeoutMs: askTimeoutMs });
  const answeredAt = Date.now();
  if (outcome.kind !== "answer" || outcome.status !== 200)
    return { ...member, ...failureOf(outcome) };
  const said = statusIn(outcome);
  if (typeof said === "string") return { ...member, failure: said };
  const halfWay = (askedAt + answeredAt) / 2;
  const unreached = await unreachedBy(node, said, headers);
  const open = await createCall({})(
    node,
    { method: "GET", path: "/dht/peers" },
    { timeoutMs: askTimeoutMs },
  );
  return {
    ...member,
    status: said,
    ...(said.now !== undefined && {
      clock: {
        aheadMs: said.now - halfWay,
        within: (answeredAt - askedAt) / 2,
      },
    }),
    ...(unreached && { unreached }),
    isOpen: open.kind === "answer" && open.status === 200,
  };
}

/** What the answer says, or why that is nothing. */
function statusIn(answer: NodeAnswer): RingStatus | string {
  try {
    return jsonOf(answer);
  } catch (error) {
    return (error as Error).message;
  }
}

function failureOf(
  outcome: CallOutcome,
): Pick<MemberReport, "failure" | "refusal"> {
  return outcome.kind === "answer"
    ? { failure: reasonOfAnswer(outcome), refusal: outcome.status }
    : { failure: outcome.reason };
}

/** What a view of the ring, as its stream has it, says about who was reached. */
interface View extends RingStatus {
  readonly vitals: Readonly<Record<string, object>>;
}

/**
 * Has the node ask all members, by watching the ring there until each has answered it or turned out not to. Absent: the
 * node does not tell.
 */
async function unreachedBy(
  node: string,
  { name, members }: RingStatus,
  headers: Readonly<Record<string, string>>,
): Promise<readonly string[] | undefined> {
  const ended = new AbortController();
  const timer = setTimeout(() => ended.abort(), roundsTimeoutMs);
  let unreached: readonly string[] | undefined;
  try {
    const stream = await createStreamCall({ headers })(node, {
      path: "/dht/status",
      headers: {},
      timeoutMs: askTimeoutMs,
      signal: ended.signal,
    });
    if (stream.kind !== "stream") return undefined;
    const others = members.map((each) => each.name).filter((it) => it !== name);
    for await (const { type, data } of stream.events) {
      if (type !== "status") continue;
      const view: View = JSON.parse(data);
      unreached = others.filter((other) => !Object.hasOwn(view.vitals, other));
      if (unreached.every((other) => isGivenUp(view, other))) break;
    }
  } catch {
    // The time is over, or the node went: what it said last counts.
  } finally {
    clearTimeout(timer);
    ended.abort();
  }
  return unreached;
}

function isGivenUp({ members }: RingStatus, name: string): boolean {
  const health = members.find((member) => member.name === name)?.health;
  return health === "suspected" || health === "displaced";
}
