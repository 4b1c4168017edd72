/** What browsers may do: pages of other sites, allowed ones, names that were pointed here, and headers for them all. */
import { Hono } from "hono";
import { secureHeaders } from "hono/secure-headers";
import { afterEach, describe, expect, test } from "vitest";
import { createHostCheck } from "../../src/http/host-check.ts";
import { browserHeaders } from "../../src/http/secure-headers.ts";
import type { RunningServer } from "../../src/runtime/server.ts";
import { startMemoryNode as startServer } from "../cli/in-process.ts";
import { type MemoryNode, startMemoryNode } from "./memory-node.ts";

const secret = "correct-horse-battery-staple";
const authorization = `Bearer ${secret}`;
const origin = "https://app.example.com";

let node: MemoryNode | undefined;
afterEach(async () => {
  await node?.close();
  node = undefined;
});

async function started(options: Parameters<typeof startMemoryNode>[0]) {
  const running = await startMemoryNode(options);
  node = running;
  return (path: string, init: RequestInit = {}) =>
    running.fetch(running.url + path, init);
}

describe("a page of an allowed origin", () => {
  test("is told before it asks what it may send, and to nobody else is anything told", async () => {
    const ask = await started({ secret, corsOrigins: [origin] });
    const preflight = (from: string) =>
      ask("/db/k", {
        method: "OPTIONS",
        headers: {
          origin: from,
          "access-control-request-method": "PUT",
          "access-control-request-headers": "authorization,if-match",
        },
      });
    const { status, headers } = await preflight(origin);
    expect(status).toBe(204);
    expect(headers.get("ringwalk")).toBe("1");
    expect(headers.get("access-control-allow-origin")).toBe(origin);
    expect(headers.get("access-control-allow-methods")).toContain("PUT");
    expect(headers.get("access-control-allow-headers")).toMatch(
      /authorization.*if-match/,
    );
    expect(headers.has("access-control-allow-credentials")).toBe(false);
    for (const other of [
      "https://evil.example",
      `${origin}.evil.example`,
      "null",
    ]) {
      const { headers } = await preflight(other);
      expect(headers.has("access-control-allow-origin")).toBe(false);
    }
  });

  test("is told nothing of what members say to one another", async () => {
    const ask = await started({ corsOrigins: [origin] });
    for (const path of ["/peer", "/peer/hello"]) {
      const { headers } = await ask(path, {
        method: "OPTIONS",
        headers: {
          origin,
          "access-control-request-method": "POST",
          "access-control-request-headers": "content-type",
        },
      });
      expect(headers.has("access-control-allow-origin")).toBe(false);
    }
  });

  test("reads and writes with a token, and sees what it needs of an answer", async () => {
    const ask = await started({ secret, corsOrigins: [origin] });
    const headers = { origin, authorization, "sec-fetch-site": "cross-site" };
    const put = await ask("/db/k", { method: "PUT", body: "v", headers });
    expect(put.status).toBe(200);
    expect(put.headers.get("access-control-allow-origin")).toBe(origin);
    const got = await ask("/db/k", { headers });
    expect([got.status, await got.text()]).toEqual([200, "v"]);
    expect(got.headers.get("access-control-expose-headers")).toMatch(/etag/);
    expect(got.headers.get("vary")).toMatch(/origin/i);
    expect(got.headers.get("content-security-policy")).toBe("sandbox");
    const refused = await ask("/db/k", { headers: { origin } });
    expect(refused.status).toBe(401);
    expect(refused.headers.get("access-control-allow-origin")).toBe(origin);
  });

  test("changes nothing without a token, also where keys are for everybody", async () => {
    for (const options of [{}, { secret, insecure: true }]) {
      const ask = await started({ ...options, corsOrigins: [origin] });
      const headers = { origin, "sec-fetch-site": "cross-site" };
      const put = await ask("/db/k", { method: "PUT", body: "v", headers });
      expect([put.status, await put.json()]).toMatchObject([
        403,
        { code: "cross_site_refused" },
      ]);
      await node?.close();
    }
  });
});

test("a page of any other origin changes nothing, with a token too, and no route that changes something is forgotten", async () => {
  const ask = await started({ secret, corsOrigins: [origin] });
  const routes =
    node?.app.routes.filter(({ method }) => method !== "ALL") ?? [];
  const changing = routes.filter(
    ({ method, path }) =>
      !path.startsWith("/peer") &&
      (method !== "GET" || ["/dht/leave", "/dht/tokens"].includes(path)),
  );
  expect(changing.length).toBeGreaterThan(15);
  const from: Record<string, string>[] = [
    { origin: "https://evil.example" },
    { "sec-fetch-site": "same-site" },
    { origin, "sec-fetch-site": "cross-site", authorization: "" },
  ];
  for (const { method, path } of changing)
    for (const more of from) {
      const headers = { authorization, ...more };
      if (headers.authorization === "")
        Reflect.deleteProperty(headers, "authorization");
      const answer = await ask(path, {
        method,
        headers,
        ...(method !== "GET" && { body: "{}" }),
      });
      expect([method, path, answer.status]).toEqual([method, path, 403]);
      expect(await answer.json()).toMatchObject({ code: "cross_site_refused" });
    }
});

test("without allowed origins OPTIONS is no method, and no answer has a header of CORS", async () => {
  const ask = await started({ secret });
  const headers = { origin, "access-control-request-method": "PUT" };
  const preflight = await ask("/db/k", { method: "OPTIONS", headers });
  expect(preflight.status).toBe(405);
  for (const answer of [
    preflight,
    await ask("/db/k", { headers: { origin, authorization } }),
  ])
    expect(
      [...answer.headers.keys()].filter((name) => name.startsWith("access-")),
    ).toEqual([]);
});

describe("the host of a node without tokens", () => {
  const check = createHostCheck("http://n1.internal:8000");
  const isServed = (url: string) => check(new Request(url)) === undefined;

  test.each([
    "http://localhost:8000/db/k",
    "http://127.0.0.1:8000/",
    "http://127.1.2.3/",
    "http://[::1]:8000/",
    "http://app.localhost/",
    "http://n1.internal:8000/",
    "http://n1.internal/",
  ])("%s is its own", (url) => {
    expect(isServed(url)).toBe(true);
    expect(isServed(url)).toBe(true);
  });

  test.each([
    "http://evil.example:8000/db/k",
    "http://localhost.evil.example/",
    "http://127.0.0.1.evil.example/",
    "http://n1.internal.evil.example/",
    "http://10.0.0.1/",
    "http://[2001:db8::1]/",
  ])("%s is not", (url) => {
    expect(isServed("http://localhost/")).toBe(true);
    expect(isServed(url)).toBe(false);
  });

  test("is asked for over sockets, on every route, and not where there are tokens or strangers are kept out", async () => {
    const statusAt = async ({ url }: RunningServer, path: string) => {
      const { status, body } = await requestAs("evil.example", url + path);
      return `${status} ${/"code":"(\w+)"/.exec(body)?.[1] ?? ""}`;
    };
    const open = await startServer({ name: "a" });
    for (const path of ["/", "/db/k", "/dht/status", "/peer/hello", "/nothing"])
      expect(await statusAt(open, path)).toMatch(
        path === "/nothing" ? /^404/ : /^403 host_refused|^405/,
      );
    const guarded = await startServer({ name: "b", secret });
    expect(await statusAt(guarded, "/")).toBe("200 ");
    const insecure = await startServer({ name: "c", insecure: true });
    expect(await statusAt(insecure, "/db/k")).toBe("404 ");
  });
});

/** `fetch` lets nobody name another host. */
async function requestAs(host: string, url: string) {
  const { request } = await import("node:http");
  return new Promise<{ status: number | undefined; body: string }>(
    (resolve, reject) => {
      const call = request(url, { headers: { host } }, (answer) => {
        let body = "";
        answer.on("data", (chunk) => {
          body += chunk;
        });
        answer.on("end", () => resolve({ status: answer.statusCode, body }));
      });
      call.on("error", reject);
      call.end();
    },
  );
}

describe("headers for browsers", () => {
  test("are the library's", async () => {
    const app = new Hono().use(secureHeaders()).get("/", (c) => c.body(null));
    const { headers } = await app.request("/");
    expect(Object.keys(browserHeaders).length).toBeGreaterThan(2);
    for (const [name, value] of Object.entries(browserHeaders))
      expect([name, headers.get(name)]).toEqual([name, value]);
  });

  test("go with every answer to clients, and with none to peers", async () => {
    const ask = await started({ secret });
    const with401 = await ask("/db/k");
    const missing = await ask("/nothing");
    const status = await ask("/dht/status", { headers: { authorization } });
    for (const answer of [with401, missing, status])
      for (const [name, value] of Object.entries(browserHeaders))
        expect(answer.headers.get(name)).toBe(value);
    const hello = await ask("/peer/hello", {
      method: "POST",
      headers: { authorization, "content-type": "application/octet-stream" },
    });
    expect(hello.status).toBe(200);
    for (const name of Object.keys(browserHeaders))
      expect(hello.headers.has(name)).toBe(false);
  });
});

test("a browser that does not say which page sends a request changes nothing", async () => {
  // Fetch Metadata goes to trustworthy urls alone, and a GET has no Origin: an image of a page could do this in a LAN.
  const ask = await started({ insecure: true });
  const headers = { "user-agent": "Mozilla/5.0 (X11; Linux x86_64)" };
  const left = await ask("/dht/leave", { headers });
  expect(left.status).toBe(403);
  expect((await left.json()).code).toBe("cross_site_refused");
  expect((await ask("/dht/peers", { headers })).status).toBe(200);
  const own = { ...headers, "sec-fetch-site": "none" };
  expect((await ask("/dht/leave", { headers: own })).status).not.toBe(403);
});
