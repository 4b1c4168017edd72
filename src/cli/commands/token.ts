/** `ringwalk token create|list|revoke` */
import Table from "cli-table3";
import { createCall } from "../../client/call.ts";
import { nodeUrl } from "../../client/node-list.ts";
import {
  requestRevocation,
  requestToken,
  requestTokens,
  type TokenInfo,
  type TokenRequest,
  type TokenRight,
  type TokenTarget,
} from "../../client/token-request.ts";
import {
  authorizationOf,
  clientArgs,
  jsonArg,
  nodesOf,
  timeoutMsOf,
} from "../client-args.ts";
import { command, type Invocation } from "../command.ts";
import { didYouMean } from "../did-you-mean.ts";
import { exitCodes, usageError } from "../exit-code.ts";
import { note, writeJson, writeLine } from "../output.ts";

const args = {
  action: {
    type: "positional",
    description: "create, list or revoke",
    required: true,
  },
  id: {
    type: "positional",
    description: "Of the token to revoke, as list shows it",
    required: false,
  },
  name: {
    type: "string",
    description: "create: for whom it is; people tell tokens apart by it",
  },
  right: {
    type: "string",
    valueHint: "read|write|admin",
    description: "create: what it may do; several times for more than one",
  },
  prefix: {
    type: "string",
    description: "create: for keys that begin so alone",
  },
  ttl: {
    type: "string",
    valueHint: "seconds",
    description: "create: it is good for so long (default: until revoked)",
  },
  ...jsonArg,
  ...clientArgs,
} as const;

type TokenInvocation = Invocation<typeof args>;

/** `create` prints the token alone on standard output, and nobody can find it out again. */
export const token = command({
  name: "token",
  description: "Make, list and revoke tokens for clients of the ring",
  args,
  examples: [
    "ringwalk token create --name shop --right read --right write --prefix shop/",
    "ringwalk token create --name backup --right read --ttl 86400 --json | jq -r .token",
    "ringwalk token list",
    "ringwalk token revoke 5rjaq3fvl2mtk7ze",
  ],
  async run(invocation) {
    const { action, id } = invocation.args;
    if (action !== "revoke" && id !== undefined)
      throw usageError(`There is one argument too many: ${id}`);
    switch (action) {
      case "create":
        await create(invocation);
        break;
      case "list":
        await list(invocation);
        break;
      case "revoke":
        await revoke(invocation);
        break;
      default:
        throw usageError(
          `token takes create, list or revoke, and not ${action}.${didYouMean(action, ["create", "list", "revoke"])} See: ringwalk token --help`,
        );
    }
    return exitCodes.ok;
  },
});

async function create(invocation: TokenInvocation): Promise<void> {
  const request = requestOf(invocation);
  const made = await requestToken(targetOf(invocation), request);
  if (invocation.args.json) return writeJson(made);
  await writeLine(made.token);
  note(
    `Its id is ${made.id}. The text above is shown this once: the ring keeps no copy.`,
  );
}

function requestOf({ args, all }: TokenInvocation): TokenRequest {
  const { name, prefix, ttl } = args;
  if (!name)
    throw usageError("Say with --name for whom the token is made: --name shop");
  const rights = all("right");
  if (rights.length === 0 || !rights.every(isRight))
    throw usageError(
      "Say with --right what the token may do: read, write or admin; several times for more than one.",
    );
  const ttlSeconds = ttl === undefined ? undefined : Number(ttl);
  if (
    ttlSeconds !== undefined &&
    !(Number.isSafeInteger(ttlSeconds) && ttlSeconds > 0)
  )
    throw usageError(`--ttl ${ttl} is not a whole number of seconds above 0.`);
  return {
    name,
    rights: rights.filter(isRight),
    ...(prefix !== undefined && { prefix }),
    ...(ttlSeconds !== undefined && { ttlSeconds }),
  };
}

function isRight(text: string): text is TokenRight {
  return text === "read" || text === "write" || text === "admin";
}

async function list(invocation: TokenInvocation): Promise<void> {
  const tokens = await requestTokens(targetOf(invocation));
  if (invocation.args.json) return writeJson(tokens);
  if (tokens.length === 0) return note("This ring has no tokens.");
  const table = new Table({
    head: ["id", "name", "rights", "keys", "made", "good until"],
    style: { head: [], border: [] },
  });
  for (const each of tokens) table.push(rowOf(each));
  await writeLine(table.toString());
}

function rowOf(token: TokenInfo): string[] {
  const { id, name, rights, prefix, createdAt, expiresAt } = token;
  return [
    id,
    name,
    rights.join(", "),
    prefix === undefined ? "all" : `${JSON.stringify(prefix)}...`,
    dateOf(createdAt),
    expiresAt === undefined ? "revoked" : dateOf(expiresAt),
  ];
}

function dateOf(time: number): string {
  return new Date(time).toISOString().replace(/\.\d+Z$/, "Z");
}

async function revoke(invocation: TokenInvocation): Promise<void> {
  const { id } = invocation.args;
  if (id === undefined)
    throw usageError(
      "Say which token, by its id: ringwalk token list shows it.",
    );
  await requestRevocation(targetOf(invocation), id);
  if (invocation.args.json) return writeJson({ id });
  note(`${id} is revoked: here at once, at other nodes within ten seconds.`);
}

/** The node that is asked: the first one given. */
function targetOf(invocation: TokenInvocation): TokenTarget {
  const [node = ""] = nodesOf(invocation);
  return {
    call: createCall({ headers: authorizationOf(invocation.args) }),
    node: nodeUrl(node),
    timeoutMs: timeoutMsOf(invocation.args) ?? timeoutMsDefault,
  };
}

const timeoutMsDefault = 30_000;
