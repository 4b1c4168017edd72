/** `/dht/tokens`: client tokens are made, listed and revoked. */
import * as v from "valibot";
import { ok } from "../core/errors.ts";
import {
  keyBytesMax,
  nameCharactersMax,
  ttlSecondsMax,
} from "../core/limits.ts";
import { isTokenId, rights } from "../core/token.ts";
import { type MethodRoutes, needsAdmin } from "./access.ts";
import { type Answer, empty, json } from "./answer.ts";
import type { Access } from "./authentication.ts";
import { readText } from "./body.ts";
import { jsonReader } from "./json-body.ts";
import { tokenInPath, tokenRoute } from "./key-path.ts";
import type { AppOptions } from "./options.ts";
import { problem } from "./problem.ts";
import { queryReader } from "./query.ts";

/** Routes by path and method. */
export function tokenRoutes(
  { node: { tokens } }: AppOptions,
  access: Pick<Access, "forget">,
): Readonly<Record<string, MethodRoutes>> {
  async function list({ url }: Request): Promise<Answer> {
    const query = noQuery(url);
    if (!query.ok) return problem(query.error);
    const listed = await tokens.list();
    return listed.ok
      ? json(200, { tokens: listed.value })
      : problem(listed.error);
  }

  async function create(request: Request): Promise<Answer> {
    const query = noQuery(request.url);
    if (!query.ok) return problem(query.error);
    const text = await readText(request);
    const body = text.ok ? readToken(text.value) : text;
    if (!body.ok) return problem(body.error);
    const { ttlSeconds, ...described } = body.value;
    const created = await tokens.create({
      ...described,
      ...(ttlSeconds !== undefined && { ttlMs: ttlSeconds * 1000 }),
    });
    return created.ok ? json(201, created.value) : problem(created.error);
  }

  async function revoke({ url }: Request): Promise<Answer> {
    const query = noQuery(url);
    if (!query.ok) return problem(query.error);
    const id = tokenInPath(url);
    const revoked = isTokenId(id) ? await tokens.revoke(id) : ok(undefined);
    // Also where nobody knows whether it took place: it is looked up before it counts again.
    access.forget(id);
    return revoked.ok ? empty(200) : problem(revoked.error);
  }

  return {
    "/dht/tokens": {
      GET: { needs: needsAdmin, handler: list },
      POST: { needs: needsAdmin, handler: create },
    },
    [tokenRoute]: { DELETE: { needs: needsAdmin, handler: revoke } },
  };
}

const noQuery = queryReader({});

const nameMessage = `name has 1 to ${nameCharactersMax} characters.`;
const rightsMessage = `rights is a list of ${rights.join(", ")}.`;
const prefixMessage = `prefix has 1 to ${keyBytesMax} bytes.`;
const ttlMessage = `ttlSeconds is a whole number from 1 to ${ttlSecondsMax}.`;

/** Reads what a token is to be. */
export const readToken = jsonReader(
  v.pipe(
    v.strictObject({
      name: v.pipe(
        v.string(nameMessage),
        v.minLength(1, nameMessage),
        v.maxLength(nameCharactersMax, nameMessage),
      ),
      rights: v.pipe(
        v.array(v.picklist(rights, rightsMessage), rightsMessage),
        v.minLength(1, rightsMessage),
        v.transform((given) => rights.filter((right) => given.includes(right))),
      ),
      prefix: v.exactOptional(
        v.pipe(
          v.string(prefixMessage),
          v.minLength(1, prefixMessage),
          v.maxBytes(keyBytesMax, prefixMessage),
          v.check((prefix) => prefix.isWellFormed(), prefixMessage),
        ),
      ),
      ttlSeconds: v.exactOptional(
        v.pipe(
          v.number(ttlMessage),
          v.integer(ttlMessage),
          v.minValue(1, ttlMessage),
          v.maxValue(ttlSecondsMax, ttlMessage),
        ),
      ),
    }),
    v.check(
      ({ rights, prefix }) => prefix === undefined || !rights.includes("admin"),
      "An admin may do everything: such a token has no prefix.",
    ),
  ),
);
