/** A walk as the text of a response header, for callers that ask for it: compact ASCII, and read back by tools. */
import { traceparentOf } from "../core/traceparent.ts";
import type { ReadOptions, Walk, WalkStep } from "../node/api.ts";

const traceHeader = "ringwalk-trace";
const walkHeader = "ringwalk-walk";

/** Members named in the header: beyond the replicas they matter little, and servers bound a header's length. */
const namedMembersMax = 16;
/** Steps told in the header: an operation that tries for its whole time makes many. */
const stepsMax = 64;

/** What a request's wish to see its walk means: an option for the node, and the header once it has answered. */
export function traceOf(requestHeaders: Headers): {
  readonly options: Pick<ReadOptions, "onWalk" | "traceparent">;
  readonly headers: () => Readonly<Record<string, string>>;
} {
  const given = requestHeaders.get("traceparent");
  // A malformed one is as good as none (W3C Trace Context, section 3.2.2.3).
  const traceparent = given === null ? undefined : traceparentOf(given);
  const isWalkWanted = requestHeaders.get(traceHeader) === "1";
  if (!isWalkWanted && traceparent === undefined) return untraced;
  const trace = traceparent === undefined ? {} : { traceparent };
  if (!isWalkWanted) return { options: trace, headers: untraced.headers };
  let walked: Walk | undefined;
  const onWalk = (walk: Walk) => {
    walked = walk;
  };
  const headers = (): Record<string, string> =>
    walked ? { [walkHeader]: formatWalk(walked) } : {};
  return { options: { onWalk, ...trace }, headers };
}

const untraced = { options: {}, headers: () => ({}) };

/** `partition=7; replicas=3; members=a,b,c; steps=a/read/state,b/read/time-out`; names and outcomes percent-encoded. */
export function formatWalk(walk: Walk): string {
  const { partition, replicaCount, members, steps } = walk;
  const names = members.slice(0, namedMembersMax).map(encodeURIComponent);
  const path = steps
    .slice(0, stepsMax)
    .map(({ member, request, outcome }) =>
      [member, request, outcome].map(encodeURIComponent).join("/"),
    );
  return `partition=${partition}; replicas=${replicaCount}; members=${names.join(",")}; steps=${path.join(",")}`;
}

const walkText =
  /^partition=(\d+); replicas=(\d+); members=([^;]*); steps=([^;]*)$/;

/** The walk in a header that `formatWalk` wrote; absent when it is not one. */
export function parseWalk(header: string): Walk | undefined {
  const match = walkText.exec(header);
  if (!match) return undefined;
  const [, partition, replicas, members, steps] = match;
  return {
    partition: Number(partition),
    replicaCount: Number(replicas),
    members: listOf(members).map(decodeURIComponent),
    steps: listOf(steps).flatMap(stepOf),
  };
}

const listOf = (text = "") => (text === "" ? [] : text.split(","));

const requests: readonly string[] = [
  "read",
  "prepare",
  "accept",
  "merge",
  "execute",
] satisfies readonly WalkStep["request"][];

function stepOf(text: string): WalkStep[] {
  const [member = "", request = "", outcome = ""] = text
    .split("/")
    .map(decodeURIComponent);
  return isRequest(request) ? [{ member, request, outcome }] : [];
}

function isRequest(text: string): text is WalkStep["request"] {
  return requests.includes(text);
}
