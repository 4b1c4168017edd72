/** Every route of the app with everybody who may come: exactly what is meant gets in. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { systemClock } from "../../src/runtime/system-ports.ts";
import {
  type CallerName,
  callers,
  expectRefusal,
  guards,
  headersOfCallers,
  type Row,
  rowsOf,
} from "../suite/callers.ts";
import { type MemoryNode, startMemoryNode } from "./memory-node.ts";

/*
 * Statuses written out by what is meant, not by what the code does. Requests that are let in and would change the ring
 * are wrong in some other way, so that they are 400 and change nothing.
 *
 *                                        nobody wrong revoked expired read write admin created p-read p-write secret also
 */
const guarded = rowsOf(`
  GET    /                                 200   200    200     200   200   200   200    200    200    200    200   200
  HEAD   /                                 200   200    200     200   200   200   200    200    200    200    200   200
  GET    /openapi.json                     200   200    200     200   200   200   200    200    200    200    200   200
  GET    /db/in/k                          401   401    401     401   200   403   200    200    200    403    200   200
  GET    /db/out/k                         401   401    401     401   200   403   200    200    403    403    200   200
  HEAD   /db/in/k                          401   401    401     401   200   403   200    200    200    403    200   200
  HEAD   /db/out/k                         401   401    401     401   200   403   200    200    403    403    200   200
  PUT    /db/in/k                          401   401    401     401   403   200   200    200    403    200    200   200
  PUT    /db/out/k                         401   401    401     401   403   200   200    200    403    403    200   200
  POST   /db/in/k                          401   401    401     401   403   200   200    200    403    200    200   200
  POST   /db/out/k                         401   401    401     401   403   200   200    200    403    403    200   200
  PATCH  /db/in/k                          401   401    401     401   403   400   400    400    403    400    400   400
  PATCH  /db/out/k                         401   401    401     401   403   400   400    400    403    403    400   400
  DELETE /db/in/gone                       401   401    401     401   403   200   200    200    403    200    200   200
  DELETE /db/out/gone                      401   401    401     401   403   200   200    200    403    403    200   200
  GET    /db/i%6E/k                        401   401    401     401   200   403   200    200    200    403    200   200
  GET    /db/%69n%2Fk                      401   401    401     401   200   403   200    200    200    403    200   200
  GET    /db?key=in/k                      401   401    401     401   200   403   200    200    200    403    200   200
  GET    /db?key=out/k                     401   401    401     401   200   403   200    200    403    403    200   200
  HEAD   /db?key=out/k                     401   401    401     401   200   403   200    200    403    403    200   200
  PUT    /db?key=in/k                      401   401    401     401   403   200   200    200    403    200    200   200
  PUT    /db?key=out/k                     401   401    401     401   403   200   200    200    403    403    200   200
  POST   /db?key=in/k                      401   401    401     401   403   200   200    200    403    200    200   200
  POST   /db?key=out/k                     401   401    401     401   403   200   200    200    403    403    200   200
  PATCH  /db?key=in/k                      401   401    401     401   403   400   400    400    403    400    400   400
  PATCH  /db?key=out/k                     401   401    401     401   403   400   400    400    403    403    400   400
  DELETE /db?key=in/gone                   401   401    401     401   403   200   200    200    403    200    200   200
  DELETE /db?key=out/gone                  401   401    401     401   403   200   200    200    403    403    200   200
  POST   /db                               401   401    401     401   403   400   400    400    403    400    400   400
  GET    /db                               401   401    401     401   200   403   200    200    403    403    200   200
  GET    /db?scope=ring&prefix=i           401   401    401     401   200   403   200    200    403    403    200   200
  GET    /db?scope=ring&prefix=in/         401   401    401     401   200   403   200    200    200    403    200   200
  GET    /db?prefix=in/k&scope=node        401   401    401     401   200   403   200    200    200    403    200   200
  GET    /db?prefix=out/                   401   401    401     401   200   403   200    200    403    403    200   200
  GET    /unstorage/in:k                   401   401    401     401   404   403   404    404    403    403    404   404
  GET    /unstorage/in/:                   401   401    401     401   200   403   200    200    403    403    200   200
  HEAD   /unstorage/in/k                   401   401    401     401   404   403   404    404    403    403    404   404
  PUT    /unstorage/in/k                   401   401    401     401   403   200   200    200    403    403    200   200
  DELETE /unstorage/in/k                   401   401    401     401   403   200   200    200    403    403    200   200
  DELETE /unstorage/in/:                   401   401    401     401   403   200   200    200    403    403    200   200
  GET    /dht/peers                        401   401    401     401   200   403   200    200    200    403    200   200
  GET    /dht/status                       401   401    401     401   200   403   200    200    200    403    200   200
  GET    /dht/holders?key=in/k             401   401    401     401   200   403   200    200    200    403    200   200
  GET    /dht/holders?key=out/k            401   401    401     401   200   403   200    200    403    403    200   200
  POST   /dht/add                          401   401    401     401   403   403   400    400    403    403    400   400
  POST   /dht/join                         401   401    401     401   403   403   400    400    403    403    400   400
  PUT    /dht/join                         401   401    401     401   403   403   400    400    403    403    400   400
  POST   /dht/replace                      401   401    401     401   403   403   400    400    403    403    400   400
  GET    /dht/leave?wait=x                 401   401    401     401   403   403   400    400    403    403    400   400
  POST   /dht/leave?wait=x                 401   401    401     401   403   403   400    400    403    403    400   400
  POST   /dht/remove                       401   401    401     401   403   403   400    400    403    403    400   400
  PUT    /dht/settings                     401   401    401     401   403   403   400    400    403    403    400   400
  GET    /dht/tokens                       401   401    401     401   403   403   200    200    403    403    200   200
  POST   /dht/tokens                       401   401    401     401   403   403   400    400    403    403    400   400
  DELETE /dht/tokens/aaaaaaaaaaaaaaaa      401   401    401     401   403   403   200    200    403    403    200   200
  GET    /health                           200   200    200     200   200   200   200    200    200    200    200   200
  GET    /ready                            200   200    200     200   200   200   200    200    200    200    200   200
  GET    /metrics                          401   401    401     401   200   403   200    200    200    403    200   200
  POST   /peer                             401   401    401     401   401   401   401    401    401    401    400   400
  POST   /peer/hello                       401   401    401     401   401   401   401    401    401    401    400   400
`);

/* A node with --insecure beside its secret: keys, listings and status are for everybody, whatever they send. */
const insecure = rowsOf(`
  GET    /db/out/k                         200   200    200     200   200   200   200    200    200    200    200   200
  PUT    /db/out/k                         200   200    200     200   200   200   200    200    200    200    200   200
  DELETE /db/out/gone                      200   200    200     200   200   200   200    200    200    200    200   200
  GET    /db                               200   200    200     200   200   200   200    200    200    200    200   200
  GET    /dht/peers                        200   200    200     200   200   200   200    200    200    200    200   200
  GET    /dht/status                       200   200    200     200   200   200   200    200    200    200    200   200
  POST   /dht/join                         401   401    401     401   403   403   400    400    403    403    400   400
  GET    /dht/leave?wait=x                 401   401    401     401   403   403   400    400    403    403    400   400
  PUT    /dht/settings                     401   401    401     401   403   403   400    400    403    403    400   400
  GET    /dht/tokens                       401   401    401     401   403   403   200    200    403    403    200   200
  POST   /peer                             401   401    401     401   401   401   401    401    401    401    400   400
`);

/** Of a node that has an admin token alone: there are no peers, and nobody has a secret. */
const withoutSecret = rowsOf(`
  GET    /db/in/k                          401   401    401     401   200   403   200    200    200    403    401   401
  PUT    /db/out/k                         401   401    401     401   403   200   200    200    403    403    401   401
  POST   /dht/join                         401   401    401     401   403   403   400    400    403    403    401   401
  POST   /peer                             401   401    401     401   401   401   401    401    401    401    401   401
  POST   /peer/hello                       401   401    401     401   401   401   401    401    401    401    401   401
`);

const { adminToken } = guards;
const nodes = {
  "with both secrets and an admin token": { options: guards, rows: guarded },
  "with --insecure": {
    options: { ...guards, insecure: true },
    rows: insecure,
  },
  "with an admin token alone": {
    options: { adminToken },
    rows: withoutSecret,
  },
};

describe.each(Object.entries(nodes))("a node %s", (_, { options, rows }) => {
  let node: MemoryNode;
  let headers: Readonly<Record<CallerName, string | undefined>>;
  let clockMs = 0;
  const ask = (path: string, init: RequestInit = {}) =>
    node.fetch(node.url + path, init);

  beforeAll(async () => {
    node = await startMemoryNode({
      ...options,
      clock: { ...systemClock, now: () => Date.now() + clockMs },
    });
    const authorization = `Bearer ${adminToken}`;
    for (const key of ["in/k", "out/k"])
      await ask(`/db/${key}`, {
        method: "PUT",
        body: "v",
        headers: { authorization },
      });
    headers = await headersOfCallers(ask, {
      untilExpired: async () => {
        clockMs = 1_001;
      },
    });
  });
  afterAll(() => node?.close());

  const send = ({ method, path }: Row, authorization: string | undefined) =>
    ask(path, {
      method,
      ...(/PUT|POST|PATCH/.test(method) && { body: "{" }),
      headers: authorization === undefined ? {} : { authorization },
    });

  /** What a refused request must leave as it is. */
  async function contentOf(): Promise<unknown> {
    const etags = ["in/k", "out/k"].map(async (key) => {
      const read = await node.node.get(key);
      return read.ok && read.value?.revision;
    });
    const listed = await node.node.tokens.list();
    // One of them goes by itself.
    const tokens =
      listed.ok &&
      listed.value.filter(({ expiresAt }) => expiresAt === undefined);
    return [await Promise.all(etags), tokens, node.node.identity()];
  }

  test.each(rows.map((row) => [`${row.method} ${row.path}`, row] as const))(
    "%s",
    async (_, row) => {
      const before = await contentOf();
      const admitted: [string, string | undefined, number][] = [];
      for (const [at, caller] of callers.entries()) {
        const expected = row.statuses[at] ?? 0;
        if (expected !== 401 && expected !== 403) {
          admitted.push([caller, headers[caller], expected]);
          continue;
        }
        const answer = await send(row, headers[caller]);
        expect([caller, answer.status]).toEqual([caller, expected]);
        // A HEAD has no body that could tell.
        if (row.method !== "HEAD") await expectRefusal(answer);
      }
      expect(await contentOf()).toEqual(before);
      for (const [caller, authorization, expected] of admitted) {
        const { status } = await send(row, authorization);
        expect([caller, status]).toEqual([caller, expected]);
      }
    },
  );
});

test("the table has every route of the app", async () => {
  const node = await startMemoryNode({ secret: guards.secret });
  const routes = node.app.routes
    .filter(({ method }) => method !== "ALL")
    .map(({ method, path }) => `${method} ${path}`);
  const told = new Set(
    guarded.map(({ method, path }) => `${method} ${routePath(path)}`),
  );
  expect(routes.filter((route) => !told.has(route))).toEqual([]);
  await node.close();
});

/** The path by which the app routes it. */
function routePath(path: string): string {
  const [bare = ""] = path.split("?");
  return bare.replace(/^(\/db\/|\/dht\/tokens\/|\/unstorage\/).*$/, "$1");
}

test("a node without a secret and an admin token serves everybody", async () => {
  const node = await startMemoryNode();
  for (const [method, path, status] of [
    ["GET", "/db", 200],
    ["PUT", "/db/k", 200],
    ["GET", "/dht/status", 200],
    ["POST", "/dht/join", 400],
    ["POST", "/dht/tokens", 400],
    ["GET", "/dht/tokens", 200],
    ["POST", "/peer/hello", 400],
  ] as const) {
    const body = method === "GET" ? undefined : "{";
    const answer = await node.fetch(node.url + path, { method, body });
    expect([path, answer.status]).toEqual([path, status]);
  }
  await node.close();
});

describe("rights of what one request does", () => {
  let node: MemoryNode;
  const authorization = `Bearer ${guards.secret}`;
  const ask = (path: string, init: RequestInit = {}) =>
    node.fetch(node.url + path, init);

  beforeAll(async () => {
    node = await startMemoryNode({ secret: guards.secret });
  });
  afterAll(() => node.close());

  async function bearerOf(token: object) {
    const body = JSON.stringify({ name: "one", ...token });
    const init = { method: "POST", body, headers: { authorization } };
    const { token: text } = await (await ask("/dht/tokens", init)).json();
    return { authorization: `Bearer ${text}` };
  }

  test("an increment tells the number, and needs both; a touch tells nothing", async () => {
    const counting = '{"op":"increment"}';
    const touching = '{"op":"touch","ttl":60}';
    const patch = async (rights: readonly string[], body: string) => {
      const headers = {
        "content-type": "application/json",
        ...(await bearerOf({ rights })),
      };
      return (await ask("/db/counter", { method: "PATCH", body, headers }))
        .status;
    };
    expect(await patch(["write"], counting)).toBe(403);
    expect(await patch(["read"], counting)).toBe(403);
    expect(await patch(["read", "write"], counting)).toBe(200);
    expect(await patch(["write"], touching)).toBe(200);
    expect(await patch(["read"], touching)).toBe(403);
  });

  test("a bulk request does what its sender may, line by line", async () => {
    const lines = [
      { op: "put", key: "in/1", value: "v" },
      { op: "get", key: "in/1" },
      { op: "get", key: "out/1" },
      { op: "delete", key: "in/1" },
      { op: "delete", key: "out/1" },
      { op: "increment", key: "in/n" },
      { op: "touch", key: "in/n", ttl: 60 },
      { op: "get", key: "\u0000ringwalk/token/aaaaaaaaaaaaaaaa" },
      { op: "put", key: "\u0000ringwalk/x", value: "v" },
    ];
    const statusesFor = async (headers: Record<string, string>) => {
      const answer = await ask("/db", {
        method: "POST",
        body: lines.map((line) => JSON.stringify(line)).join("\n"),
        headers: { "content-type": "application/x-ndjson", ...headers },
      });
      if (answer.status !== 200) return answer.status;
      const outcomes = (await answer.text())
        .trim()
        .split("\n")
        .map((line) => JSON.parse(line) as { line: number; status: number });
      return outcomes.sort((a, b) => a.line - b.line).map((o) => o.status);
    };
    const prefix = "in/";
    const no = 403;
    expect(await statusesFor({})).toBe(401);
    expect(
      await statusesFor(await bearerOf({ rights: ["write"], prefix })),
    ).toEqual([200, no, no, 200, no, no, 404, 400, 400]);
    expect(
      await statusesFor(await bearerOf({ rights: ["read"], prefix })),
    ).toEqual([no, 404, no, no, no, no, no, 400, 400]);
    expect(
      await statusesFor(await bearerOf({ rights: ["read", "write"] })),
    ).toEqual([200, 200, 404, 200, 200, 200, 200, 400, 400]);
  });

  test("a listing with values is for its prefix", async () => {
    const headers = {
      accept: "application/x-ndjson",
      ...(await bearerOf({ rights: ["read"], prefix: "in/" })),
    };
    const statusOf = async (query: string) =>
      (await ask(`/db?scope=ring&values=1${query}`, { headers })).status;
    expect(await statusOf("")).toBe(403);
    expect(await statusOf("&prefix=in/")).toBe(200);
  });

  test("a prefix covers unstorage's keys by their names in the ring", async () => {
    const headers = await bearerOf({
      rights: ["read", "write"],
      prefix: "app:",
    });
    const statusOf = async (method: string, path: string) => {
      const body = method === "PUT" ? "v" : undefined;
      return (await ask(path, { method, body, headers })).status;
    };
    expect(await statusOf("PUT", "/unstorage/app/a")).toBe(200);
    expect(await statusOf("GET", "/unstorage/app/a")).toBe(200);
    expect(await statusOf("GET", "/db/app:a")).toBe(200);
    expect(await statusOf("GET", "/unstorage/app/:")).toBe(200);
    expect(await statusOf("DELETE", "/unstorage/app/:")).toBe(200);
    expect(await statusOf("DELETE", "/unstorage/:")).toBe(403);
    expect(await statusOf("GET", "/unstorage/apple/:")).toBe(403);
    expect(await statusOf("PUT", "/unstorage/apple")).toBe(403);
  });

  test("nobody gets at the ring's own keys, whatever the way", async () => {
    const [known] = await listed();
    const key = `%00ringwalk/token/${known?.id}`;
    const ways: readonly (readonly [string, string])[] = [
      ["GET", `/db/${key}`],
      ["HEAD", `/db/${key}`],
      ["PUT", `/db/${key}`],
      ["POST", `/db/${key}`],
      ["PATCH", `/db/${key}`],
      ["DELETE", `/db/${key}`],
      ["GET", `/db?key=${key}`],
      ["DELETE", `/db?key=${key}`],
      ["GET", "/db?prefix=%00ringwalk/"],
      ["GET", "/db?scope=ring&prefix=%00ringwalk/token/"],
    ];
    for (const [method, path] of ways) {
      const body = /P/.test(method) ? '{"op":"touch"}' : undefined;
      const answer = await ask(path, {
        method,
        body,
        headers: { authorization },
      });
      expect([method, path, answer.status]).toEqual([method, path, 400]);
      if (method !== "HEAD")
        expect(await answer.json()).toMatchObject({ code: "reserved_key" });
    }
    for (const path of [
      "/db",
      "/db?scope=ring",
      "/db?scope=ring&prefix=%00",
      "/unstorage/:",
    ]) {
      const answer = await ask(path, { headers: { authorization } });
      expect(await answer.text()).not.toContain("ringwalk");
    }
    expect((await listed()).map(({ id }) => id)).toContain(known?.id);
  });

  async function listed(): Promise<readonly { readonly id: string }[]> {
    const answer = await ask("/dht/tokens", { headers: { authorization } });
    const text = await answer.text();
    expect(text).not.toContain("digest");
    expect(text).not.toContain("rw_");
    return JSON.parse(text).tokens;
  }

  test.each([
    ["no name", { rights: ["read"] }],
    ["an empty name", { name: "", rights: ["read"] }],
    ["a long name", { name: "n".repeat(65), rights: ["read"] }],
    ["no rights", { name: "n" }],
    ["empty rights", { name: "n", rights: [] }],
    ["an unknown right", { name: "n", rights: ["own"] }],
    ["an empty prefix", { name: "n", rights: ["read"], prefix: "" }],
    ["a broken prefix", { name: "n", rights: ["read"], prefix: "\ud800" }],
    ["an admin's prefix", { name: "n", rights: ["admin"], prefix: "a" }],
    ["no time", { name: "n", rights: ["read"], ttlSeconds: 0 }],
    ["a field too many", { name: "n", rights: ["read"], digest: "x" }],
  ])("a token with %s is not made", async (_, token) => {
    const before = await listed();
    const body = JSON.stringify(token);
    const init = { method: "POST", body, headers: { authorization } };
    const answer = await ask("/dht/tokens", init);
    expect([answer.status, await answer.json()]).toMatchObject([
      400,
      { code: "invalid_body" },
    ]);
    expect(await listed()).toEqual(before);
  });
});
