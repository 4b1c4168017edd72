/** Everybody who may come to a node that asks who they are, and what each of them sends. */
import { expect } from "vitest";

/** In the order of the columns of the tables of who gets in. */
export const callers = [
  "nobody",
  "wrong",
  "revoked",
  "expired",
  "read",
  "write",
  "adminToken",
  "createdAdmin",
  "prefixRead",
  "prefixWrite",
  "secret",
  "secretAlso",
] as const;

export type CallerName = (typeof callers)[number];

export const guards = {
  secret: "correct-horse-battery-staple",
  secretAlso: "the-secret-that-comes-next",
  adminToken: "an-admin-token-of-thirty-letters",
} as const;

export type Ask = (path: string, init: RequestInit) => Promise<Response>;

/** The Authorization header of each caller; the tokens are made by the node. Keys of a prefix begin with `in/`. */
export async function headersOfCallers(
  ask: Ask,
  options: {
    /** Waits until the token with a ttl of one second, which this header carries, is over. */
    readonly untilExpired: (authorization: string) => Promise<void>;
  },
): Promise<Readonly<Record<CallerName, string | undefined>>> {
  const authorization = `Bearer ${guards.adminToken}`;
  const create = async (token: object) => {
    const answer = await ask("/dht/tokens", {
      method: "POST",
      body: JSON.stringify({ name: "a caller", ...token }),
      headers: { authorization },
    });
    expect(answer.status).toBe(201);
    return (await answer.json()) as { id: string; token: string };
  };
  const headerOf = async (token: object) =>
    `Bearer ${(await create(token)).token}`;
  const revoked = await create({ rights: ["admin"] });
  const revocation = await ask(`/dht/tokens/${revoked.id}`, {
    method: "DELETE",
    headers: { authorization },
  });
  expect(revocation.status).toBe(200);
  const expired = await headerOf({ rights: ["admin"], ttlSeconds: 1 });
  await options.untilExpired(expired);
  const read = await create({ rights: ["read"] });
  return {
    nobody: undefined,
    wrong: `Bearer ${read.token.slice(0, -8)}aaaaaaaa`,
    revoked: `Bearer ${revoked.token}`,
    expired,
    read: `Bearer ${read.token}`,
    write: await headerOf({ rights: ["write"] }),
    adminToken: authorization,
    createdAdmin: await headerOf({ rights: ["admin"] }),
    prefixRead: await headerOf({ rights: ["read"], prefix: "in/" }),
    prefixWrite: await headerOf({ rights: ["write"], prefix: "in/" }),
    secret: `Bearer ${guards.secret}`,
    secretAlso: `Bearer ${guards.secretAlso}`,
  };
}

/** One line of a table: a route, and what each caller is answered. */
export interface Row {
  readonly method: string;
  readonly path: string;
  readonly statuses: readonly number[];
}

/** `METHOD PATH`, and a status for each caller in their order. Throws on a line that is none. */
export function rowsOf(table: string): readonly Row[] {
  return table
    .trim()
    .split("\n")
    .map((line) => {
      const [method = "", path = "", ...rest] = line.trim().split(/\s+/);
      const statuses = rest.map(Number);
      if (statuses.length !== callers.length || statuses.some(Number.isNaN))
        throw new Error(`no row: ${line}`);
      return { method, path, statuses };
    });
}

/** A refusal says why in ringwalk's words; nothing else has these statuses here. */
export async function expectRefusal(answer: Response): Promise<void> {
  const { code, detail } = (await answer.json()) as {
    code: string;
    detail: string;
  };
  expect(answer.headers.get("ringwalk")).toBe("1");
  expect(code).toBe(answer.status === 401 ? "unauthorized" : "forbidden");
  expect(detail).toMatch(/\S/);
  if (answer.status === 401)
    expect(answer.headers.get("www-authenticate")).toMatch(/^Bearer/);
  else expect(detail).toMatch(/right|"in\/"/);
}
