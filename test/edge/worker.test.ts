/** The Worker before its objects: what it refuses, the nodes that it hosts, and values of many rows. */
import { afterEach, describe, expect, test } from "vitest";
import { valueBytesMax } from "../../src/core/limits.ts";
import { workerSettings } from "../../src/runtime/worker-settings.ts";
import { until } from "../e2e/until.ts";
import { createEdgeNodes, type EdgeNodes } from "./edge-node.ts";
import { isInRingOf } from "./edge-ring.ts";

let nodes: EdgeNodes;
afterEach(() => nodes?.close());

async function worker(variables: Readonly<Record<string, string>>) {
  nodes = createEdgeNodes();
  return nodes.start({ name: "a", variables });
}

const problemOf = async (answer: Response) => {
  expect(answer.headers.get("ringwalk")).not.toBeNull();
  return (await answer.json()) as { code: string; detail: string };
};

describe("a Worker that is not set up", () => {
  test("founds no ring whose values do not fit into Workers KV", () => {
    const settings = (VALUE_MAX: string, KV?: object) =>
      workerSettings({ SECRET: "s", VALUE_MAX, KV });
    expect(settings(String(valueBytesMax), {})).toContain("VALUE_MAX");
    expect(settings(String(18 * 2 ** 20), {})).toBeTypeOf("object");
    expect(settings(String(valueBytesMax))).toBeTypeOf("object");
  });

  test("names the command that gives it its secret, and serves nobody", async () => {
    const { fetch } = await worker({ SECRET: "" });
    for (const path of ["/", "/db/k", "/peer", "/dht/status"]) {
      const answer = await fetch(path);
      expect(answer.status).toBe(503);
      expect(await problemOf(answer)).toMatchObject({
        code: "not_configured",
        detail: expect.stringContaining("npx wrangler secret put SECRET"),
      });
    }
  });

  test.each([
    ["REPLICAS", "three"],
    ["NODES", "a=europe/1"],
    ["URL", "example.com"],
    ["MISSING_STATUS", "201"],
  ])("names %s when it is %s", async (name, value) => {
    const { fetch } = await worker({ [name]: value });
    const answer = await fetch("/db/k");
    expect(answer.status).toBe(503);
    expect((await problemOf(answer)).detail).toContain(`The variable ${name} `);
  });
});

test("a node that is told to join itself alone founds its ring", async () => {
  const { fetch } = await worker({
    URL: "http://ring.test",
    JOIN: "http://ring.test/",
  });
  const put = await fetch("/db/k", { method: "PUT", body: "v" });
  expect(put.status).toBe(200);
});

test("a node whose Worker is deployed with another url tells it, although nobody asks it anything", async () => {
  const node = await worker({ URL: "http://before.test" });
  expect((await node.fetch("/db/k", { method: "PUT", body: "v" })).status).toBe(
    200,
  );
  expect((await node.view()).urls).toEqual(["http://before.test"]);
  await node.stop();
  const variables = { URL: "http://after.test" };
  const again = await nodes.start({ name: "a", variables });
  await again.strikeCron();
  await until(
    async () => (await again.view()).urls[0] === "http://after.test",
    "the new url is told",
  );
});

describe("a Worker that hosts a ring", () => {
  const variables = { NODES: "a,b=weur,c=apac" };

  test("forms it from one request, and has a url for each node", async () => {
    const { fetch } = await worker(variables);
    const at = (name: string) => ({
      fetch: (path: string, init?: RequestInit) =>
        fetch(`/nodes/${name}${path}`, init),
    });
    // Whoever asks at the root asks the first node.
    expect(await (await fetch("/dht/peers")).text()).toMatch(/^a\r\n/);
    for (const name of ["a", "b", "c"])
      await until(() => isInRingOf(at(name), 3), `${name} is in the ring`);
    const put = await at("b").fetch("/db/x%2Fy?ttl=60", {
      method: "PUT",
      body: "v",
    });
    expect(put.status).toBe(200);
    for (const name of ["a", "b", "c"]) {
      const got = await at(name).fetch("/db/x/y");
      expect([got.status, await got.text()]).toEqual([200, "v"]);
      expect(await (await at(name).fetch("/dht/peers")).text()).toMatch(
        new RegExp(`^${name}\r\n`),
      );
    }
    expect(await (await fetch("/db/x/y")).text()).toBe("v");
  });

  test("forms it, too, where all of its nodes are told to join one another", async () => {
    const { fetch } = await worker({
      ...variables,
      URL: "http://ring.test",
      JOIN: "http://ring.test/nodes/c,http://ring.test/nodes/b,http://ring.test/nodes/a",
    });
    for (const name of ["a", "b", "c"])
      await until(
        () =>
          isInRingOf(
            { fetch: (path, init) => fetch(`/nodes/${name}${path}`, init) },
            3,
          ),
        `${name} is in the ring`,
      );
    const put = await fetch("/db/k", { method: "PUT", body: "v" });
    expect(put.status).toBe(200);
  });

  test("knows no other node, whatever a caller claims", async () => {
    const { fetch } = await worker(variables);
    for (const path of ["/nodes/d/db/k", "/nodes/", "/nodes/A/db/k"]) {
      const answer = await fetch(path, { headers: { "ringwalk-node": "d" } });
      expect(answer.status).toBe(404);
      expect((await problemOf(answer)).code).toBe("not_found");
    }
    const root = await fetch("/dht/peers", {
      headers: { "ringwalk-node": "d" },
    });
    expect(await root.text()).toMatch(/^a\r\n/);
  });
});

test("a value of the largest limit comes back from a Durable Object", async () => {
  const { fetch, evict } = await worker({ VALUE_MAX: String(valueBytesMax) });
  const value = new Uint8Array(valueBytesMax).map((_, at) => (at * 7) % 253);
  const put = await fetch("/db/large", { method: "PUT", body: value });
  expect(put.status).toBe(200);
  await evict();
  const got = new Uint8Array(await (await fetch("/db/large")).arrayBuffer());
  expect(Buffer.compare(got, value)).toBe(0);
});
