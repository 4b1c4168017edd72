/** Bad input over HTTP: a clear problem with a stable code, and nothing has changed. */
import { describe, expect, test } from "vitest";
import { badPatches } from "./bad-patches.ts";
import { type Call, type Caller, codeOf, contentOf } from "./node-caller.ts";
import { streamOf } from "./node-values.ts";

/** A request, and the status and code that refuse it. */
export type Case = readonly [
  method: string,
  path: string,
  status: number,
  code: string,
  call?: Call,
];

const longKey = "k".repeat(1025);
const longName = "é".repeat(513);

const keys: readonly Case[] = [
  ["PUT", "/db/", 400, "invalid_key"],
  ["PUT", "/db", 400, "invalid_key"],
  ["PUT", "/db?key=", 400, "invalid_key"],
  ["GET", "/db/", 400, "invalid_key"],
  ["DELETE", "/db/", 400, "invalid_key"],
  ["PUT", `/db/${longKey}`, 400, "invalid_key"],
  ["GET", `/db?key=${longKey}`, 400, "invalid_key"],
  ["PUT", `/db/${encodeURIComponent(longName)}`, 400, "invalid_key"],
  ["PUT", "/db/%", 400, "invalid_encoding"],
  ["GET", "/db/%2", 400, "invalid_encoding"],
  ["DELETE", "/db/%zz", 400, "invalid_encoding"],
  ["PUT", "/db/%FF", 400, "invalid_encoding"],
  ["PUT", "/db/%C0%AF", 400, "invalid_encoding"],
  ["PUT", "/db/%ED%A0%80", 400, "invalid_encoding"],
  ["PUT", "/db/%E2%82", 400, "invalid_encoding"],
  ["GET", "/db?key=%FF", 400, "invalid_encoding"],
  ["PUT", "/db?key=%E2%28%A1", 400, "invalid_encoding"],
];

const queries: readonly Case[] = [
  ...["", "0", "-1", "1.5", "1e3", "x", "0x10", "%201", "99999999999"].map(
    (ttl): Case => ["PUT", `/db/k?ttl=${ttl}`, 400, "invalid_ttl"],
  ),
  ["PUT", "/db/k?ttl=1&ttl=2", 400, "invalid_query"],
  ["PUT", "/db/k?tll=60", 400, "invalid_query"],
  ["PUT", "/db/k?consistency=eventual", 400, "invalid_query"],
  ["PUT", "/db/k?key=other", 400, "invalid_query"],
  ["PUT", "/db/k?__proto__=1", 400, "invalid_query"],
  ["GET", "/db/k?ttl=5", 400, "invalid_query"],
  ["GET", "/db/k?consistency=", 400, "invalid_consistency"],
  ["GET", "/db/k?consistency=strong", 400, "invalid_consistency"],
  ["DELETE", "/db/k?consistency=eventual", 400, "invalid_query"],
  ["GET", "/db?scope=all", 400, "invalid_query"],
  ["GET", `/db?prefix=${longKey}`, 400, "invalid_query"],
  ["GET", "/db?limit=5", 400, "invalid_query"],
  ["POST", "/dht/leave?wait=no", 400, "invalid_query"],
  ["GET", "/dht/leave?wait", 400, "invalid_query"],
];

const json = { accept: "application/json" };
const pages: readonly Case[] = [
  ...["", "0", "-1", "1001", "x", "5.5"].map(
    (limit): Case => [
      "GET",
      `/db?limit=${limit}`,
      400,
      "invalid_query",
      { headers: json },
    ],
  ),
  ...["x", "!", "%00", "AAAA", "-1", "9".repeat(30)].map(
    (cursor): Case => [
      "GET",
      `/db?cursor=${cursor}`,
      400,
      "invalid_cursor",
      { headers: json },
    ],
  ),
];

const headers: readonly Case[] = [
  ...["abc", '"open', 'W/"a" x', '"a" "b c"', "W/*", ","].flatMap(
    (etag): Case[] => [
      [
        "PUT",
        "/db/k",
        400,
        "invalid_condition",
        { headers: { "if-match": etag } },
      ],
      [
        "DELETE",
        "/db/k",
        400,
        "invalid_condition",
        { headers: { "if-none-match": etag } },
      ],
      [
        "GET",
        "/db/k",
        400,
        "invalid_condition",
        { headers: { "if-none-match": etag } },
      ],
    ],
  ),
  ...["a b", "é", "x".repeat(129)].flatMap((key): Case[] => [
    [
      "PUT",
      "/db/k",
      400,
      "invalid_idempotency_key",
      { headers: { "idempotency-key": key } },
    ],
    [
      "DELETE",
      "/db/k",
      400,
      "invalid_idempotency_key",
      { headers: { "idempotency-key": key } },
    ],
  ]),
  [
    "PUT",
    "/db/k",
    400,
    "invalid_body",
    { headers: { "content-type": `text/${"x".repeat(300)}` } },
  ],
];

const methods: readonly Case[] = [
  ...["OPTIONS", "PROPFIND"].flatMap((method): Case[] => [
    [method, "/db/k", 405, "method_not_allowed"],
    [method, "/db", 405, "method_not_allowed"],
    [method, "/dht/join", 405, "method_not_allowed"],
    [method, "/peer", 405, "method_not_allowed"],
  ]),
  ["PATCH", "/dht/join", 405, "method_not_allowed"],
  ["PATCH", "/peer", 405, "method_not_allowed"],
  ["DELETE", "/dht/peers", 405, "method_not_allowed"],
  ["GET", "/dht/join", 405, "method_not_allowed"],
  ["PUT", "/dht/leave", 405, "method_not_allowed"],
  ["GET", "/peer", 405, "method_not_allowed"],
  ["PUT", "/", 405, "method_not_allowed"],
  ["GET", "/nowhere", 404, "not_found"],
  ["PUT", "/db%2Fk", 404, "not_found"],
  ["GET", "//db/k", 404, "not_found"],
  ["GET", "/dht/peers/", 404, "not_found"],
  ["GET", "/dht", 404, "not_found"],
  ["POST", "/peer/hello/", 404, "not_found"],
];

const joins: readonly Case[] = [
  ...[
    "",
    " \r\n ",
    "nonsense",
    "a:b",
    "name:host:port",
    "name:host:99999",
    "na/me:host:80",
    "ftp://host:21",
    "http://",
    "http://user:password@host:80",
    "http://host:80/?query",
    "http://127.0.0.1:1\r\nnonsense",
    "{",
    "{}",
    '{"urls":[]}',
    '{"urls":"http://host"}',
    '{"urls":[1]}',
    '{"urls":["nonsense"]}',
    '{"urls":["http://host"],"unknown":1}',
    '{"urls":["http://host"],"expected":{"replicaCount":"3"}}',
  ].flatMap((body): Case[] => [
    ["POST", "/dht/join", 400, "invalid_body", { body }],
    ["POST", "/dht/replace", 400, "invalid_body", { body }],
  ]),
  ["PUT", "/dht/join", 400, "invalid_encoding", { body: Uint8Array.of(0xff) }],
  [
    "POST",
    "/dht/join",
    413,
    "value_too_large",
    { body: "x".repeat(65 * 1024) },
  ],
];

const changes: readonly Case[] = [
  ...[
    "",
    "null",
    "[]",
    "{}",
    '{"name":""}',
    '{"name":1}',
    '{"name":"x","force":"yes"}',
    `{"name":"${"n".repeat(65)}"}`,
  ].map((body): Case => ["POST", "/dht/remove", 400, "invalid_body", { body }]),
  ["POST", "/dht/remove", 404, "member_unknown", { body: '{"name":"nobody"}' }],
  ...[
    "",
    "{}",
    '{"replicaCount":0}',
    '{"replicaCount":8}',
    '{"replicaCount":1.5}',
    '{"weight":0}',
    '{"weight":"1"}',
    '{"partitionCount":64}',
  ].map(
    (body): Case => ["PUT", "/dht/settings", 400, "invalid_body", { body }],
  ),
];

const evil = { origin: "https://evil.example" };
const crossSite: readonly Case[] = [
  ...[
    { "sec-fetch-site": "cross-site" },
    { "sec-fetch-site": "same-site" },
    evil,
    { origin: "null" },
    { ...evil, "sec-fetch-site": "cross-site" },
  ].flatMap((headers): Case[] =>
    [
      ["PUT", "/db/k"],
      ["POST", "/db/k"],
      ["DELETE", "/db/k"],
      ["PATCH", "/db/k"],
      ["PUT", "/db?key=k"],
      ["POST", "/dht/join"],
      ["GET", "/dht/leave"],
      ["POST", "/dht/leave"],
      ["POST", "/dht/remove"],
      ["POST", "/dht/replace"],
      ["PUT", "/dht/settings"],
    ].map(
      ([method = "", path = ""]): Case => [
        method,
        path,
        403,
        "cross_site_refused",
        { headers },
      ],
    ),
  ),
];

const octets = { "content-type": "application/octet-stream" };
const peers: readonly Case[] = [
  ["POST", "/peer", 400, "malformed_message", { body: "text" }],
  [
    "POST",
    "/peer",
    400,
    "malformed_message",
    { body: "{}", headers: { "content-type": "application/json" } },
  ],
  ["POST", "/peer/hello", 400, "malformed_message"],
];

/** Larger than `messageBytesMax`. */
const hugeMessage = new Uint8Array(31 * 2 ** 20);

export function badInputTests(call: Caller): void {
  const { valueBytesMax } = call.capabilities;
  const large = new Uint8Array(valueBytesMax + 1);
  const values: readonly Case[] = [
    ["PUT", "/db/k", 413, "value_too_large", { body: large }],
    ["POST", "/db?key=k", 413, "value_too_large", { body: large }],
  ];

  async function refuse(cases: readonly Case[]): Promise<void> {
    await call("PUT", "/db/k", { body: "unchanged" });
    const before = await contentOf(call);
    for (const [method, path, status, code, sent = {}] of cases) {
      const reply = await call(method, path, sent);
      const label = `${method} ${path.slice(0, 60)} ${shown(sent)}`;
      expect([label, reply.status]).toEqual([label, status]);
      expect([label, codeOf(reply)]).toEqual([label, code]);
      if (status === 405)
        expect(reply.headers.get("allow")).toMatch(/^[A-Z]+(, [A-Z]+)*$/);
    }
    expect(await contentOf(call)).toEqual(before);
    expect((await call("GET", "/db/k")).text).toBe("unchanged");
  }

  describe("bad input", () => {
    test.each([
      ["keys", keys],
      ["queries", queries],
      ["pages", pages],
      ["headers", headers],
      ["operations and metadata", badPatches],
      ["methods and paths", methods],
      ["joins", joins],
      ["changes of the ring", changes],
      ["requests from pages of other sites", crossSite],
      ["peer calls", peers],
      ["values over the limit", values],
    ])("%s", (_, cases) => refuse(cases));

    test("a value over the limit whose length was not told", async ({
      skip,
    }) => {
      const { noStreamedBodies } = call.capabilities;
      skip(noStreamedBodies !== undefined, noStreamedBodies);
      const parts = Array.from({ length: 64 }, () =>
        "x".repeat(valueBytesMax / 32),
      );
      await refuse([
        ["PUT", "/db/k", 413, "value_too_large", { body: streamOf(parts) }],
      ]);
    });

    test("a peer message over the limit", async ({ skip }) => {
      const { noHugeBodies } = call.capabilities;
      skip(noHugeBodies !== undefined, noHugeBodies);
      const huge = { headers: octets, body: hugeMessage };
      await refuse([["POST", "/peer", 413, "value_too_large", huge]]);
    });

    test("a HEAD of what changes something is refused", async () => {
      const before = await contentOf(call);
      const reply = await call("HEAD", "/dht/leave");
      expect([reply.status, reply.headers.get("allow")]).toEqual([
        405,
        "GET, POST",
      ]);
      expect(await contentOf(call)).toEqual(before);
    });

    test("pages of the node itself, and programs, may change things", async () => {
      const allowed: Record<string, string>[] = [
        { "sec-fetch-site": "same-origin" },
        { "sec-fetch-site": "none" },
        {},
      ];
      for (const headers of allowed)
        expect(
          (await call("PUT", "/db/same-site", { headers, body: "x" })).status,
        ).toBe(200);
    });

    test.each([
      ["nothing", new Uint8Array()],
      ["text", new TextEncoder().encode("hello")],
      ["a MessagePack map without a batch", Uint8Array.of(0x80)],
      [
        "a map that announces more than it holds",
        Uint8Array.of(0xdf, 0xff, 0xff, 0xff, 0xff),
      ],
      [
        "a binary that announces more than it holds",
        Uint8Array.of(0xc6, 0xff, 0xff, 0xff, 0xff),
      ],
      ["nested without end", new Uint8Array(2 ** 20).fill(0x91)],
    ])("a peer message that is %s is refused as malformed", async (_, body) => {
      const before = await contentOf(call);
      const reply = await call("POST", "/peer", { headers: octets, body });
      expect([reply.status, codeOf(reply)]).toEqual([400, "malformed_message"]);
      expect(await contentOf(call)).toEqual(before);
    });
  });
}

/** Enough of a request to find its case. */
function shown({ headers, body }: Call): string {
  const text = typeof body === "string" ? body : body?.constructor.name;
  return `${JSON.stringify(headers)} ${text}`.slice(0, 160);
}
