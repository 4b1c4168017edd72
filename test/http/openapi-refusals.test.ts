/** Requests that are refused, of every operation of the OpenAPI document: who is let in, and with what it is told. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { AppOptions } from "../../src/http/options.ts";
import {
  type DescribedOperation,
  describedOperations,
} from "../suite/api-description.ts";
import { type Change, sendExample } from "../suite/api-request.ts";
import { type MemoryNode, startMemoryNode } from "./memory-node.ts";

const secret = "correct-horse-battery-staple";
const bearer = (token: string) => ({ authorization: `Bearer ${token}` });

const nodes: MemoryNode[] = [];
afterAll(async () => {
  for (const node of nodes) await node.close();
});

async function start(options: Partial<AppOptions> = {}): Promise<MemoryNode> {
  const node = await startMemoryNode(options);
  nodes.push(node);
  return node;
}

/** The status and the code, once a refusal was found to be a described one. A HEAD tells no code. */
async function refusal(
  node: MemoryNode,
  { id, method }: DescribedOperation,
  change: Change,
): Promise<readonly [number, string | undefined]> {
  const { faults, reply } = await sendExample(
    (target, init) => node.fetch(node.url + target, init),
    id,
    change,
  );
  // What is let in is no matter of this file's.
  if (reply.status >= 400) expect(faults).toEqual([]);
  const code =
    reply.status < 400 || method === "HEAD" || reply.text === ""
      ? undefined
      : JSON.parse(reply.text).code;
  return [reply.status, code];
}

/** Whether the document says that the operation can be refused so. */
function has(
  { responses }: DescribedOperation,
  status: number,
  code: string,
): boolean {
  const schema =
    responses[status]?.content?.["application/problem+json"]?.schema;
  const { properties } = (schema ?? {}) as {
    readonly properties?: {
      readonly code: { readonly enum: readonly string[] };
    };
  };
  return properties?.code.enum.includes(code) ?? false;
}

/** A request that does nothing, whoever sends it: a query is refused where one is read, and all else is reading. */
function idle(operation: DescribedOperation): Change {
  return has(operation, 400, "invalid_query")
    ? { query: { unknown: "1" } }
    : {};
}

const each = describedOperations.map(
  (operation) => [operation.id, operation] as const,
);

describe("a node with a secret", () => {
  let node: MemoryNode;
  const tokens: Record<string, string> = {};

  beforeAll(async () => {
    node = await start({ secret });
    for (const right of ["read", "write", "admin"]) {
      const answer = await node.fetch(`${node.url}/dht/tokens`, {
        method: "POST",
        headers: bearer(secret),
        body: JSON.stringify({ name: right, rights: [right] }),
      });
      tokens[right] = (await answer.json()).token;
    }
  });

  test.each(each)("%s is for whom the document says", async (_, operation) => {
    const { needs } = operation;
    const statusFor = async (token: string | undefined) => {
      const headers = token === undefined ? {} : bearer(token);
      const [status] = await refusal(node, operation, {
        ...idle(operation),
        headers,
      });
      return status;
    };
    const isLetIn = (status: number) => status !== 401 && status !== 403;
    expect(isLetIn(await statusFor(undefined))).toBe(needs === undefined);
    expect(isLetIn(await statusFor("a-guess"))).toBe(needs === undefined);
    expect(isLetIn(await statusFor(secret))).toBe(true);
    for (const [right, token] of Object.entries(tokens)) {
      const isEnough = needs?.every((needed) => needed === right) ?? true;
      const isPeer = needs?.includes("ring secret") ?? false;
      expect([right, isLetIn(await statusFor(token))]).toEqual([
        right,
        !isPeer && (isEnough || right === "admin"),
      ]);
    }
  });

  test.each(each)("%s refuses what it refuses", async (_, operation) => {
    const headers = bearer(secret);
    const ask = async (change: Change) => {
      const [status] = await refusal(node, operation, {
        ...idle(operation),
        ...change,
        headers: { ...headers, ...change.headers },
      });
      return status;
    };
    // An empty message is none.
    const isRefused =
      has(operation, 400, "invalid_query") || operation.id === "exchange";
    expect((await ask({})) === 400).toBe(isRefused);
    const other = { "ringwalk-ring": "another" };
    expect((await ask({ headers: other })) === 421).toBe(
      has(operation, 421, "wrong_ring"),
    );
    const page = { "sec-fetch-site": "cross-site" };
    expect((await ask({ headers: page })) === 403).toBe(
      has(operation, 403, "cross_site_refused"),
    );
  });
});

describe("a node without room", () => {
  let node: MemoryNode;
  beforeAll(async () => {
    const none = { requestsMax: 0, bodyBytesMax: 0 };
    node = await start({
      load: { clients: none, peers: none },
      localUrl: "http://memory-node",
    });
  });

  test.each(each)("%s", async (_, operation) => {
    const isFull = /^\/(db|dht\/holders|unstorage|peer)/.test(operation.path);
    const [status] = await refusal(node, operation, idle(operation));
    expect(status === 503).toBe(isFull);
  });
});

describe("a node that is asked by another name", () => {
  let node: MemoryNode;
  beforeAll(async () => {
    node = await start({ localUrl: "http://127.0.0.1:8000" });
  });

  test.each(each)("%s", async (_, operation) => {
    const [status, code] = await refusal(node, operation, idle(operation));
    expect(status).toBe(403);
    if (operation.method !== "HEAD") expect(code).toBe("host_refused");
  });
});
