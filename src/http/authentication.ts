/** Who sends a request: by the ring secret, the admin token, or a client token of the ring. */
import { sameDigest, secretDigest } from "../core/secret.ts";
import { parseToken } from "../core/token.ts";
import type { Tokens } from "../node/tokens.ts";
import type { Clock } from "../ports.ts";
import {
  everyKey,
  everything,
  type Grant,
  type Guard,
  type Needs,
  refusalFor,
} from "./access.ts";
import { whileAdmitted } from "./admitted-stream.ts";
import type { Answer } from "./answer.ts";
import { type Problem, problem } from "./problem.ts";
import { createTokenCheck, wrongToken } from "./token-check.ts";

/** What opens a node: without `secret` and `adminToken` everybody who reaches it may do everything. */
export interface AccessOptions {
  /** The ring's secret; absent: it has none. */
  readonly secret?: string | undefined;
  /** A second ring secret that is accepted, and never sent: the other one during a rotation. */
  readonly secretAlso?: string | undefined;
  /** Opens everything but `/peer`, whatever the ring keeps. */
  readonly adminToken?: string | undefined;
  /** Keys, listings and status are for whoever reaches the node. */
  readonly insecure?: boolean;
}

/** The gate before all routes of a node, and its memory of tokens that were good lately. */
export interface Access {
  /** Lets those pass who have what is needed, with their grant. */
  guard(needs: Needs): Guard;
  /** Has the token with this id looked up again before it counts once more. */
  forget(id: string): void;
}

/** Without a secret and an admin token everybody may do everything. */
export function createAccess(
  options: AccessOptions & {
    readonly tokens: Pick<Tokens, "find" | "ringId">;
    readonly clock: Pick<Clock, "now">;
  },
): Access {
  const { secret, secretAlso, adminToken, insecure = false } = options;
  const isOpen = secret === undefined && adminToken === undefined;
  const isPeer = headerCheck([secret, secretAlso]);
  const isOperator = headerCheck([secret, secretAlso, adminToken]);
  const tokens = createTokenCheck(options);
  const peersPass = secret === undefined && (isOpen || insecure);

  function grantOf(
    request: Request,
    isForAll: boolean,
  ): Grant | Problem | Promise<Grant | Problem> {
    if (isOpen) return everything;
    if (insecure && isForAll) return everyKey;
    const header = request.headers.get("authorization");
    if (header === null) return noToken;
    const known = tokens.known(header);
    if (known) return known;
    if (isOperator(header)) return everything;
    const text = bearerOf(header);
    const token = text === undefined ? undefined : parseToken(text);
    return token ? tokens.check(token, header) : wrongToken;
  }

  return {
    guard: (needs) => {
      if (needs === "open") return (handler) => handler;
      if (needs === "peer")
        return (handler) => (request, grant) =>
          peersPass || isPeer(request.headers.get("authorization") ?? "")
            ? handler(request, grant)
            : problem(secret === undefined ? noPeers : noSecret);
      const isForAll = !needs.rights.includes("admin");
      return (handler) => {
        const admit = (request: Request, grant: Grant | Problem) => {
          if ("code" in grant) return problem(grant);
          const refusal = refusalFor(request, grant, needs);
          if (refusal) return problem(refusal);
          if (grant === everything || grant === everyKey)
            return handler(request, grant);
          const isAdmitted = async () =>
            !("code" in (await grantOf(request, isForAll)));
          const answer = handler(request, { ...grant, isAdmitted });
          // One that goes on for long ends when its reader is admitted no more.
          const lasting = (given: Answer) =>
            given.body instanceof ReadableStream
              ? { ...given, body: whileAdmitted(given.body, isAdmitted) }
              : given;
          return answer instanceof Promise
            ? answer.then(lasting)
            : lasting(answer);
        };
        return (request) => {
          const grant = grantOf(request, isForAll);
          return grant instanceof Promise
            ? grant.then((found) => admit(request, found))
            : admit(request, grant);
        };
      };
    },
    forget: tokens.forget,
  };
}

/** RFC 6750, section 2.1; the scheme's case does not matter (RFC 9110, section 11.1). */
function bearerOf(header: string): string | undefined {
  return /^bearer +([\x21-\x7e]+) *$/i.exec(header)?.[1];
}

/**
 * Whether an Authorization header carries one of the secrets. One that did is known by its text from then on: a look-up
 * in a Map tells no more about where a guess goes wrong than its hash does.
 */
function headerCheck(
  secrets: readonly (string | undefined)[],
): (header: string) => boolean {
  const digests = secrets
    .filter((secret) => secret !== undefined)
    .map(secretDigest);
  const known = new Set<string>();
  return (header) => {
    if (known.has(header)) return true;
    const text = bearerOf(header);
    if (text === undefined || digests.length === 0) return false;
    const given = secretDigest(text);
    // All of them, so that the time does not tell which one it was.
    const isOne = digests
      .map((digest) => sameDigest(digest, given))
      .includes(true);
    if (isOne && known.size < headersKnownMax) known.add(header);
    return isOne;
  };
}

/** One for each secret, and some for clients that write the scheme in their own way. */
const headersKnownMax = 16;

const noToken: Problem = {
  code: "unauthorized",
  message:
    "This ring asks who you are: send Authorization: Bearer TOKEN (ringwalk: --token or RINGWALK_TOKEN). An admin makes tokens with ringwalk token create.",
};

const noSecret: Problem = {
  code: "unauthorized",
  message:
    "This ring has a secret: send it as Authorization: Bearer SECRET (nodes: --secret or RINGWALK_SECRET, the same for all members).",
};

const noPeers: Problem = {
  code: "unauthorized",
  message:
    "This node has no ring secret, so it takes nobody for a member: start all members with the same --secret (RINGWALK_SECRET).",
};
