/** Requests about the ring's client tokens, which need the right admin: any node takes them. */
import type { Call, NodeAnswer } from "./call.ts";
import { errorOfNoAnswer } from "./no-answer.ts";
import { jsonOf } from "./node-answer.ts";
import { errorOfAnswer } from "./problem.ts";

/** As `Right` in core/token.ts: `admin` allows what the others do, and more. */
export type TokenRight = "read" | "write" | "admin";

/** What a ring tells of a token; its secret it does not know. */
export interface TokenInfo {
  /** Names the token in lists, and to revoke it; it is no secret. */
  readonly id: string;
  /** For people. */
  readonly name: string;
  readonly rights: readonly TokenRight[];
  /** The keys it is for begin so; absent: it is for all. */
  readonly prefix?: string;
  /** Milliseconds since 1970. */
  readonly createdAt: number;
  /** Absent: it does not expire. */
  readonly expiresAt?: number;
}

/** A token just made. */
export interface CreatedToken extends TokenInfo {
  /** The text to send; nobody can find it out again. */
  readonly token: string;
}

/** The token that an admin wants; its text is drawn by the node. */
export interface TokenRequest
  extends Pick<TokenInfo, "name" | "rights" | "prefix"> {
  /** Absent: it does not expire. */
  readonly ttlSeconds?: number;
}

/** The node, the way to it, and how long it may take. */
export interface TokenTarget {
  readonly call: Call;
  readonly node: string;
  readonly timeoutMs: number;
}

/** Has the node make a token of the ring. Throws the `RingwalkError` of its answer, or of none. */
export async function requestToken(
  target: TokenTarget,
  token: TokenRequest,
): Promise<CreatedToken> {
  const body = new TextEncoder().encode(JSON.stringify(token));
  return jsonOf(await ask(target, { method: "POST", path, body }));
}

/** All tokens of the ring, the oldest first. Throws the `RingwalkError` of the answer, or of none. */
export async function requestTokens(
  target: TokenTarget,
): Promise<readonly TokenInfo[]> {
  const { tokens }: { readonly tokens: readonly TokenInfo[] } = jsonOf(
    await ask(target, { method: "GET", path }),
  );
  return tokens;
}

/** A token that there is none of is no error. */
export async function requestRevocation(
  target: TokenTarget,
  id: string,
): Promise<void> {
  await ask(target, {
    method: "DELETE",
    path: `${path}/${encodeURIComponent(id)}`,
  });
}

const path = "/dht/tokens";

async function ask(
  { call, node, timeoutMs }: TokenTarget,
  request: Parameters<Call>[1],
): Promise<NodeAnswer> {
  const outcome = await call(node, request, { timeoutMs });
  if (outcome.kind === "answer") {
    if (outcome.status < 400) return outcome;
    throw errorOfAnswer(outcome);
  }
  const whatThen = ". ringwalk token list tells what there is.";
  throw errorOfNoAnswer(outcome, node, whatThen);
}
