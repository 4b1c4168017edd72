/** The same guard in workerd: who gets into a node that is a Durable Object. */
import { afterEach, describe, expect, test } from "vitest";
import { workerSettings } from "../../src/runtime/worker-settings.ts";
import { until } from "../e2e/until.ts";
import {
  callers,
  expectRefusal,
  guards,
  headersOfCallers,
  rowsOf,
} from "../suite/callers.ts";
import { createEdgeNodes, type EdgeNodes } from "./edge-node.ts";

let nodes: EdgeNodes;
afterEach(() => nodes?.close());

/*                                         nobody wrong revoked expired read write admin created p-read p-write secret also */
const rows = rowsOf(`
  GET    /                                 200   200    200     200   200   200   200    200    200    200    200   200
  GET    /db/in/k                          401   401    401     401   404   403   404    404    404    403    404   404
  PUT    /db/out/k                         401   401    401     401   403   200   200    200    403    403    200   200
  GET    /db?scope=ring&prefix=in/         401   401    401     401   200   403   200    200    200    403    200   200
  GET    /dht/status                       401   401    401     401   200   403   200    200    200    403    200   200
  POST   /dht/join                         401   401    401     401   403   403   400    400    403    403    400   400
  GET    /dht/tokens                       401   401    401     401   403   403   200    200    403    403    200   200
  POST   /peer                             401   401    401     401   401   401   401    401    401    401    400   400
`);

test("exactly what is meant gets into a Durable Object, also after it was evicted", async () => {
  nodes = createEdgeNodes();
  const node = await nodes.start({
    name: "a",
    variables: {
      SECRET: guards.secret,
      SECRET_ALSO: guards.secretAlso,
      ADMIN_TOKEN: guards.adminToken,
    },
  });
  const ask = (path: string, init: RequestInit) => fetch(node.url + path, init);
  const untilExpired = (authorization: string) =>
    until(async () => {
      const { status } = await ask("/dht/peers", {
        headers: { authorization },
      });
      return status === 401;
    }, "the token's time is over");
  const headers = await headersOfCallers(ask, { untilExpired });
  for (const time of ["fresh", "evicted"]) {
    for (const { method, path, statuses } of rows)
      for (const [at, caller] of callers.entries()) {
        const authorization = headers[caller];
        const answer = await ask(path, {
          method,
          ...(/PUT|POST/.test(method) && { body: "{" }),
          headers: authorization === undefined ? {} : { authorization },
        });
        const place = [time, method, path, caller];
        expect([...place, answer.status]).toEqual([...place, statuses[at]]);
        if (answer.status === 401 || answer.status === 403)
          await expectRefusal(answer);
        else await answer.arrayBuffer();
      }
    await node.evict();
  }
}, 60_000);

describe("the variables of a Worker", () => {
  const told = (variables: Record<string, string>) => {
    const settings = workerSettings(variables);
    return typeof settings === "string" ? settings : "served";
  };
  const { adminToken: ADMIN_TOKEN } = guards;

  test("without any way to tell who is who, it serves nobody", () => {
    expect(told({})).toContain("npx wrangler secret put SECRET");
    expect(told({ INSECURE: "false" })).toContain("SECRET");
    const ways: readonly Record<string, string>[] = [
      { SECRET: "s" },
      { ADMIN_TOKEN },
      { INSECURE: "true" },
    ];
    for (const variables of ways) expect(told(variables)).toBe("served");
  });

  test("an admin token alone is for a ring of one", () => {
    expect(told({ ADMIN_TOKEN, NODES: "a,b" })).toContain("SECRET");
    expect(told({ ADMIN_TOKEN, JOIN: "http://a" })).toContain("SECRET");
    expect(told({ ADMIN_TOKEN, SECRET: "s", NODES: "a,b" })).toBe("served");
  });

  test.each([
    ["ADMIN_TOKEN", "fifteen-letters"],
    ["SECRET_ALSO", "two words"],
    ["CORS_ORIGIN", "https://a.example/"],
    ["CORS_ORIGIN", "*"],
  ])("%s cannot be %s", (name, value) => {
    expect(told({ SECRET: "s", [name]: value })).toContain(
      `The variable ${name} `,
    );
  });

  test("a second secret needs a first one", () => {
    expect(told({ ADMIN_TOKEN, SECRET_ALSO: "s" })).toContain("SECRET_ALSO");
  });
});
