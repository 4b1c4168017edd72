/** Who may use a route: what each one asks for, and what a caller has. */
import type { Result } from "../core/errors.ts";
import { type Right, rights, type TokenGrant } from "../core/token.ts";
import type { Answer } from "./answer.ts";
import type { Problem } from "./problem.ts";

/** What a caller may do; with every request that reaches a handler. */
export interface Grant extends TokenGrant {
  /** Whether the caller still has it, for handlers that go on for long; absent: that does not change. */
  readonly isAdmitted?: () => Promise<boolean>;
}

/** Answers one request; operating errors come back as problems, and what it throws is a defect. */
export type Handler = (
  request: Request,
  grant: Grant,
) => Answer | Promise<Answer>;

/** Puts a condition before a handler. */
export type Guard = (handler: Handler) => Handler;

/** The key that a request is about, or the prefix of the keys; an error refuses the request as the handler would. */
export type KeyOf = (request: Request) => Result<string>;

/**
 * What a caller needs for a route. `open`: nothing. `peer`: the ring secret, and no token is as good. Else all of these
 * rights, and where the route is about keys, a prefix that covers them.
 */
export type Needs = "open" | "peer" | NeededRights;

/** What a grant has to cover before the handler is called; an empty list of rights leaves that to the handler. */
export interface NeededRights {
  readonly rights: readonly Right[];
  /** `ring`: about no key. `each key`: the handler asks `refusalOf` for every key that it finds in the body. */
  readonly of: "ring" | "each key" | KeyOf;
}

/** A handler with what it needs: a route that does not say so does not compile. */
export interface Route {
  readonly needs: Needs;
  readonly handler: Handler;
}

/** A path's routes by method; HEAD is GET without its body. */
export type MethodRoutes = Readonly<Record<string, Route>>;

/** Of changes to members and settings, and of everything about tokens. */
export const needsAdmin: Needs = { rights: ["admin"], of: "ring" };
/** About members and layout: whatever a token's prefix is, it tells of no key. */
export const needsRead: Needs = { rights: ["read"], of: "ring" };

/** For who knows the ring secret or the admin token, and for everybody where there is neither. */
export const everything: Grant = { rights };
/** For everybody at a node whose operator said that the network keeps strangers out. */
export const everyKey: Grant = { rights: ["read", "write"] };

/** Why the grant is not enough; absent when it is. `key` is absent for what is about no key. */
export function refusalOf(
  grant: Grant,
  needed: readonly Right[],
  key?: string,
): Problem | undefined {
  if (grant.rights.includes("admin")) return undefined;
  for (const right of needed)
    if (!grant.rights.includes(right))
      return forbidden(
        `This token does not have the right ${right} that is needed here; it has ${described(grant)}.`,
        { right },
      );
  const { prefix } = grant;
  return prefix === undefined || key === undefined || key.startsWith(prefix)
    ? undefined
    : forbidden(
        `This token is for keys that begin with ${JSON.stringify(prefix)}, and no others; list them with that prefix (?prefix=).`,
        { right: needed.join(", "), prefix },
      );
}

/** Why the grant is not enough for the request; absent when it is. */
export function refusalFor(
  request: Request,
  grant: Grant,
  { rights, of }: NeededRights,
): Problem | undefined {
  const lacking = refusalOf(grant, rights);
  // A key is looked for only where a prefix asks for it: the handler does it again.
  if (lacking || grant.prefix === undefined || typeof of === "string")
    return lacking;
  const key = of(request);
  return key.ok ? refusalOf(grant, rights, key.value) : key.error;
}

function forbidden(
  message: string,
  details: Readonly<Record<string, string>>,
): Problem {
  return { code: "forbidden", message, details };
}

function described({ rights, prefix }: Grant): string {
  const names = rights.join(" and ");
  return prefix === undefined
    ? names
    : `${names} for keys that begin with ${JSON.stringify(prefix)}`;
}
