/** The app over a node whose answers are scripted: errors, headers, what is passed on, and what is read of a body. */
import { describe, expect, test } from "vitest";
import { type ErrorCode, fail, ok } from "../../src/core/errors.ts";
import { type ProblemCode, statusOfCode } from "../../src/http/status.ts";
import type { KeyPage, ReadValue } from "../../src/node/api.ts";
import type { PutOptions } from "../../src/node/change-api.ts";
import { appOf, settings } from "./stub-node.ts";

const revision = { epoch: 1, counter: 2, proposer: "p" };
const value: ReadValue = {
  value: new TextEncoder().encode("v"),
  revision,
  createdAt: 0,
  modifiedAt: 0,
};

describe("errors", () => {
  const outerCodes: readonly ProblemCode[] = [
    "cross_site_refused",
    "forbidden",
    "host_refused",
    "too_many_attempts",
    "not_configured",
  ];
  const codes = (Object.keys(statusOfCode) as ProblemCode[]).filter(
    (code): code is ErrorCode => !outerCodes.includes(code),
  );

  test.each(codes)(
    "the node's %s is a problem, on every route",
    async (code) => {
      const failed = async () => fail(code, "Why, and what next.", { hint: 1 });
      const app = appOf({
        get: failed,
        put: failed,
        delete: failed,
        keys: failed,
        join: failed,
        leave: failed,
        remove: failed,
        reconfigure: failed,
      });
      const calls = [
        app.request("/db/k"),
        app.request("/db/k", { method: "PUT", body: "v" }),
        app.request("/db/k", { method: "DELETE" }),
        app.request("/db"),
        app.request("/db", { headers: { accept: "application/json" } }),
        app.request("/dht/join", { method: "POST", body: "http://a" }),
        app.request("/dht/replace", { method: "POST", body: "http://a" }),
        app.request("/dht/leave", { method: "POST" }),
        app.request("/dht/remove", { method: "POST", body: '{"name":"a"}' }),
        app.request("/dht/settings", { method: "PUT", body: '{"weight":2}' }),
      ];
      for (const response of await Promise.all(calls)) {
        const status = statusOfCode[code];
        expect(response.status).toBe(status);
        expect(response.headers.get("ringwalk")).toBe("1");
        expect(response.headers.get("content-type")).toBe(
          "application/problem+json",
        );
        expect(await response.json()).toEqual({
          status,
          code,
          requestId: response.headers.get("x-request-id"),
          detail: "Why, and what next.",
          details: { hint: 1 },
        });
        expect(response.headers.get("retry-after")).toBe(
          status === 503 ? "1" : null,
        );
      }
    },
  );

  test("the statuses that clients act on", () => {
    expect(statusOfCode).toMatchObject({
      condition_failed: 412,
      no_quorum: 503,
      overloaded: 503,
      shutting_down: 503,
      outcome_unknown: 504,
      value_too_large: 413,
      unauthorized: 401,
    });
  });

  test("a defect is logged, and told without its cause", async () => {
    const logged: unknown[] = [];
    const log = { error: (...record: unknown[]) => logged.push(record) };
    const error = new Error("/home/someone/secret.ts:1");
    const app = appOf({ get: () => Promise.reject(error) }, { log });
    const response = await app.request("/db/private-key");
    const text = await response.text();
    expect([response.status, JSON.parse(text).code]).toEqual([500, "internal"]);
    expect(response.headers.get("ringwalk")).toBe("1");
    expect(text).not.toContain("someone");
    expect(logged).toEqual([
      [
        "a request met a defect",
        {
          path: "/db/",
          requestId: response.headers.get("x-request-id"),
          error,
        },
      ],
    ]);
  });
});

describe("reads", () => {
  test("the remaining time is rounded up and never below zero", async () => {
    for (const [expiresAt, seconds] of [
      [1_000_001, "1"],
      [1_060_000, "60"],
      [999_000, "0"],
    ] as const) {
      const app = appOf({ get: async () => ok({ ...value, expiresAt }) });
      expect((await app.request("/db/k")).headers.get("ringwalk-ttl")).toBe(
        seconds,
      );
    }
  });

  test("every answer of an eventual ring says so, and it has no linearizable reads", async () => {
    const app = appOf({
      settings: () => ({ ...settings, consistency: "eventual" }),
      get: async () => ok(undefined),
      put: async () => ok({ revision, created: true }),
      delete: async () => ok({ existed: false }),
    });
    for (const method of ["GET", "HEAD", "PUT", "DELETE"]) {
      const response = await app.request("/db/k", { method });
      expect(response.headers.get("ringwalk-consistency")).toBe("eventual");
    }
    const strong = await app.request("/db/k?consistency=linearizable");
    expect([strong.status, await strong.json()]).toMatchObject([
      400,
      { code: "invalid_consistency" },
    ]);
  });

  test("the walk is told of a failed operation too", async () => {
    const app = appOf({
      get: async (_, options) => {
        const steps = [
          { member: "a b", request: "read", outcome: "time-out" } as const,
        ];
        options?.onWalk?.({
          partition: 3,
          members: ["a b", "c"],
          replicaCount: 2,
          steps,
        });
        return fail("no_quorum", "No majority.");
      },
    });
    const response = await app.request("/db/k", {
      headers: { "ringwalk-trace": "1" },
    });
    expect(response.status).toBe(503);
    expect(response.headers.get("ringwalk-walk")).toBe(
      "partition=3; replicas=2; members=a%20b,c; steps=a%20b/read/time-out",
    );
  });
});

describe("writes", () => {
  test("everything that a request says reaches the node", async () => {
    const seen: unknown[] = [];
    const app = appOf({
      put: async (key: string, bytes: Uint8Array, options?: PutOptions) => {
        seen.push([key, new TextDecoder().decode(bytes), options]);
        return ok({ revision, created: true });
      },
    });
    const headers = {
      "content-type": "text/plain",
      "if-match": '"1-2-p", W/"weak", "a,b"',
      "if-none-match": "*",
      "idempotency-key": "once",
    };
    await app.request("/db/a%2Fb?ttl=5", { method: "PUT", body: "v", headers });
    expect(seen).toEqual([
      [
        "a/b",
        "v",
        {
          contentType: "text/plain",
          ttlMs: 5000,
          conditions: { ifMatch: ["1-2-p", "a,b"], ifNoneMatch: "*" },
          idempotencyKey: "once",
        },
      ],
    ]);
  });

  test("a body that announces too much is not read at all", async () => {
    const { body, pulledCount } = countedBody(10);
    const headers = { "content-length": "1025" };
    const response = await appOf({}).request("/db/k", put(body, headers));
    expect(response.status).toBe(413);
    expect(pulledCount()).toBeLessThanOrEqual(1);
  });

  test("a body that announces less than it is does not get past the limit", async () => {
    const { body } = countedBody(10);
    const headers = { "content-length": "5" };
    const response = await appOf({}).request("/db/k", put(body, headers));
    expect(response.status).toBe(413);
  });

  test("an endless body is given up", async () => {
    const { body, pulledCount } = countedBody(Number.POSITIVE_INFINITY);
    const response = await appOf({}).request("/db/k", put(body));
    expect(response.status).toBe(413);
    expect(pulledCount() * chunkBytes).toBeLessThan(17 * 2 ** 20);
  });

  test("a body that breaks off is an error", async () => {
    const body = new ReadableStream({
      start(controller) {
        controller.enqueue(new Uint8Array(3));
        controller.error(new Error("gone"));
      },
    });
    const response = await appOf({}).request("/db/k", put(body));
    expect([response.status, await response.json()]).toMatchObject([
      400,
      { code: "invalid_body" },
    ]);
  });
});

const chunkBytes = 4096;

function put(body: ReadableStream, headers = {}): RequestInit {
  // `duplex` is part of the standard; the DOM's types do not have it yet.
  return { method: "PUT", body, headers, ...{ duplex: "half" } };
}

function countedBody(chunkCount: number) {
  let pulledCount = 0;
  const body = new ReadableStream<Uint8Array>({
    pull(controller) {
      if (pulledCount++ < chunkCount)
        controller.enqueue(new Uint8Array(chunkBytes));
      else controller.close();
    },
  });
  return { body, pulledCount: () => pulledCount };
}

describe("listings", () => {
  const pages: Record<string, KeyPage> = {
    "": { keys: ["a", "b"], cursor: "1" },
    1: { keys: [], cursor: "2" },
    2: { keys: ["c\r\n%"], cursor: "3" },
    3: { keys: [] },
  };

  test("lines go on over all pages, empty ones too", async () => {
    const asked: unknown[] = [];
    const app = appOf({
      keys: async (options) => {
        asked.push(options.cursor);
        return ok(pages[options.cursor ?? ""] ?? { keys: [] });
      },
    });
    const response = await app.request("/db?scope=ring&prefix=x");
    expect(await response.text()).toBe("a\r\nb\r\nc%0D%0A%25\r\n");
    expect(asked).toEqual([undefined, "1", "2", "3"]);
  });

  test("an error in the middle breaks the transfer off", async () => {
    const app = appOf({
      keys: async ({ cursor }) =>
        cursor === undefined
          ? ok({ keys: ["a"], cursor: "1" })
          : fail("no_quorum", "No majority."),
    });
    const response = await app.request("/db");
    expect(response.status).toBe(200);
    await expect(response.text()).rejects.toThrow("no_quorum");
  });
});

describe("membership", () => {
  const report = { epoch: 3, members: ["a", "b"], isComplete: true };

  test("each way to name nodes, and each option, reaches the node", async () => {
    const seen: unknown[] = [];
    const app = appOf({
      join: async (options) => {
        seen.push(options);
        return ok(report);
      },
    });
    const bodies = [
      [
        "/dht/join",
        "node-8000:127.0.0.1:8000\r\n\r\n node-8001:[::1]:8001 \n:host:80",
      ],
      ["/dht/join?wait=0", "https://a.example/ring/\nHTTP://b:80"],
      [
        "/dht/join?wait=1",
        ' {"urls":["a:b:1","http://c"],"expected":{"replicaCount":2}}',
      ],
      ["/dht/replace", "http://a:8000"],
    ] as const;
    for (const [path, body] of bodies) {
      const response = await app.request(path, { method: "POST", body });
      expect([response.status, await response.json()]).toEqual([200, report]);
    }
    expect(seen).toEqual([
      {
        urls: ["http://127.0.0.1:8000", "http://[::1]:8001", "http://host"],
        wait: true,
      },
      { urls: ["https://a.example/ring", "http://b"], wait: false },
      {
        urls: ["http://b:1", "http://c"],
        expected: { replicaCount: 2 },
        wait: true,
      },
      { urls: ["http://a:8000"], wait: true, replace: true },
    ]);
  });

  test("a change that is not complete yet is accepted, not done", async () => {
    const later = async () => ok({ ...report, isComplete: false });
    const app = appOf({
      join: later,
      leave: later,
      remove: later,
      reconfigure: later,
    });
    const calls = [
      app.request("/dht/join?wait=0", { method: "PUT", body: "http://a" }),
      app.request("/dht/leave?wait=0"),
      app.request("/dht/remove?wait=0", {
        method: "POST",
        body: '{"name":"a","force":true}',
      }),
      app.request("/dht/settings?wait=0", {
        method: "PUT",
        body: '{"replicaCount":1}',
      }),
    ];
    for (const { status } of await Promise.all(calls)) expect(status).toBe(202);
  });

  test("a node is added by an http url without a password alone: others a runtime may open as files", async () => {
    const seen: unknown[] = [];
    const app = appOf({
      add: async (options) => {
        seen.push(options);
        return ok(report);
      },
    });
    const statusOf = async (url: string) => {
      const body = JSON.stringify({ url });
      return (await app.request("/dht/add", { method: "POST", body })).status;
    };
    expect(await statusOf("HTTP://a:80/ring/")).toBe(200);
    for (const url of [
      ...["file:///etc/passwd", "data:,x", "javascript:0", "ftp://a", "a:1"],
      ...["http://u:p@a", "http://a?x", "http://a#x", "", "/db"],
    ])
      expect([url, await statusOf(url)]).toEqual([url, 400]);
    expect(seen).toEqual([{ url: "http://a/ring", wait: true }]);
  });

  test("removal and settings reach the node", async () => {
    const seen: unknown[] = [];
    const record = async (options: unknown) => {
      seen.push(options);
      return ok(report);
    };
    const app = appOf({ remove: record, reconfigure: record });
    await app.request("/dht/remove", {
      method: "POST",
      body: '{"name":"a","force":true}',
    });
    await app.request("/dht/settings", {
      method: "PUT",
      body: '{"replicaCount":2,"weight":0.5}',
    });
    expect(seen).toEqual([
      { name: "a", force: true, wait: true },
      { replicaCount: 2, weight: 0.5, wait: true },
    ]);
  });
});
