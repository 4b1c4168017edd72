/** Hostile requests: random, half right, and valid ones that were damaged; the same ones in every run. */
import { decode, encode } from "@msgpack/msgpack";
import fc from "fast-check";
import type { PeerRequest } from "../../src/core/message.ts";
import { encodeBatch } from "../../src/core/message-codec.ts";
import { messagePath, octetStream } from "../../src/transport/peer-http.ts";
import { damagedBytes } from "../core/mutations.ts";
import { anyBatch, oneOf, requests, text } from "../core/requests.ts";

/** One request; a string is written to a socket as it stands. */
export type Hostile =
  | string
  | {
      readonly method: string;
      readonly path: string;
      readonly headers: Readonly<Record<string, string>>;
      readonly body?: Uint8Array<ArrayBuffer>;
    };

const seed = 20_261_122;

/** The same `count` values in every run. */
export function some<T>(arbitrary: fc.Arbitrary<T>, count: number): T[] {
  return fc.sample(arbitrary, { seed, numRuns: count });
}

/** Where nobody keeps anything: what a damaged message may write is written there. */
export const hostilePrefix = "hostile/";

const encoder = new TextEncoder();
const bytesOf = (content: string) => encoder.encode(content);

const method = fc.constantFrom(
  ...["GET", "PUT", "POST", "DELETE", "PATCH", "HEAD", "OPTIONS"],
);

/** Octets that a header may have on the wire, the wrong ones among them that `fetch` lets pass. */
const headerText = fc
  .string({ unit: "binary-ascii", maxLength: 60 })
  .map((content) => content.replace(/[^\x20-\x7e]/g, "~").trim());

const anyHeaders = fc.dictionary(
  fc.constantFrom(
    ...["accept", "content-type", "if-match", "if-none-match", "origin"],
    ...["idempotency-key", "ringwalk-ring", "ringwalk-trace", "ringwalk"],
    ...["last-event-id", "ringwalk-metadata", "ringwalk-bound", "x-ttl"],
    ...["sec-fetch-site", "traceparent", "x-request-id", "range", "cookie"],
  ),
  fc.oneof(
    headerText,
    fc.constantFrom(
      ...["*", '"', 'W/"', "application/json", "text/event-stream"],
      ...["application/x-ndjson", octetStream, "null", "cross-site", "{}"],
      ...["00-0000-1-01", "-1", "99999999999999999999", "x".repeat(4_000)],
    ),
  ),
  { maxKeys: 4 },
);

const escaped = text.map((content) =>
  encodeURIComponent(content.toWellFormed()),
);

/** Queries that nobody offers, and offered ones with wrong values. */
const anyQuery = fc
  .array(
    fc.tuple(
      fc.constantFrom(
        ...["key", "ttl", "scope", "prefix", "cursor", "limit", "wait"],
        ...["consistency", "values", "lastEventId", "__proto__", ""],
      ),
      fc.oneof(escaped, fc.constantFrom("%", "%FF", "-1", "1e9", "ring")),
    ),
    { maxLength: 3 },
  )
  .map((pairs) => pairs.map(([name, value]) => `${name}=${value}`).join("&"));

const anyPath = fc
  .tuple(
    fc.oneof(
      {
        weight: 4,
        arbitrary: escaped.map((key) => `/db/${hostilePrefix}${key}`),
      },
      { weight: 1, arbitrary: escaped.map((segment) => `/${segment}`) },
      fc.constantFrom(
        ...["/", "/db", "/db/", "/db/%", "/db/%00", "/db/..%2f", "/peer/"],
        ...["/dht/status", "/dht/peers", "/dht/tokens", "/dht/tokens/x"],
        ...["/unstorage/a/b", "/unstorage/:", "/metrics", "/openapi.json"],
        ...["/%2e%2e/db", "//db/k", "/dht/../db/k", "/db/\\x"],
      ),
    ),
    anyQuery,
  )
  .map(([path, query]) => (query === "" ? path : `${path}?${query}`));

const anyBody = fc.oneof(
  fc.constant(undefined),
  fc.uint8Array({ maxLength: 2_000 }),
  fc.json().map(bytesOf),
  fc.string({ unit: "binary", maxLength: 200 }).map(bytesOf),
);

/** Requests of any kind to any path, but not to those that change the members. */
export const anyRequests: fc.Arbitrary<Hostile> = fc
  .record({ method, path: anyPath, headers: anyHeaders, body: anyBody })
  // A damaged prefix may be none at all: then it could be anybody's key that is deleted.
  .filter(({ method, path }) => !(method === "DELETE" && /unstor/.test(path)))
  .map(({ body, ...request }) =>
    body === undefined || request.method === "GET" || request.method === "HEAD"
      ? request
      : { ...request, body: new Uint8Array(body) },
  );

/** Bodies for the routes that change the members, none of which is one that they take. */
export const memberRequests: fc.Arbitrary<Hostile> = fc
  .record({
    method: fc.constantFrom("POST", "PUT"),
    path: fc.constantFrom(
      ...["/dht/join", "/dht/replace", "/dht/remove", "/dht/settings"],
    ),
    headers: fc.constant({ "content-type": "application/json" }),
    body: fc.oneof(
      fc.json(),
      fc.string({ unit: "binary", maxLength: 300 }),
      fc
        .tuple(
          fc.constantFrom("urls", "name", "force", "replicaCount", "weight"),
          fc.jsonValue().filter((value) => typeof value !== "number"),
        )
        .map(([name, value]) => JSON.stringify({ [name]: value, nobody: 1 })),
      fc.constantFrom(
        ...["{", "[[[[[[[", '{"urls":["file:///etc/passwd"]}', "null", ""],
        ...['{"name":"nobody"}', '{"replicaCount":1e9}', '{"weight":-0}'],
        ...['{"__proto__":{"force":true}}', '{"urls":["http://[::1"]}'],
        "[".repeat(20_000),
      ),
    ),
  })
  .map(({ body, ...request }) => ({ ...request, body: bytesOf(body) }));

/** Operations in lines, for `POST /db`, and changes for PATCH, with one part wrong. */
export const lineRequests: fc.Arbitrary<Hostile> = fc
  .array(
    fc.oneof(
      fc.json(),
      fc.string({ unit: "binary", maxLength: 80 }),
      fc
        .record(
          {
            op: fc.oneof(
              fc.constantFrom("put", "get", "delete", "increment", "touch"),
              text,
            ),
            key: fc.oneof(
              text.map((key) => hostilePrefix + key),
              fc.constantFrom("", "\u0000ringwalk/token/x", "\ud800"),
              fc.jsonValue(),
            ),
            value: fc.jsonValue(),
            base64: fc.oneof(text, fc.constant("====")),
            by: fc.oneof(fc.double(), text),
            ttl: fc.oneof(fc.double(), text),
            ifMatch: fc.jsonValue(),
            metadata: fc.jsonValue(),
          },
          { requiredKeys: ["op"] },
        )
        .map((line) => JSON.stringify(line)),
    ),
    { minLength: 1, maxLength: 8 },
  )
  .chain((lines) =>
    fc.constantFrom<Hostile>(
      {
        method: "POST",
        path: "/db",
        headers: { "content-type": "application/x-ndjson" },
        body: bytesOf(lines.join("\n")),
      },
      {
        method: "PATCH",
        path: `/db/${hostilePrefix}patched`,
        headers: { "content-type": "application/json" },
        body: bytesOf(lines[0] ?? ""),
      },
    ),
  );

/**
 * What the ring secret lets in although it writes no key but hostile ones: who knows the secret is a member, and members
 * are believed. `leave`, `switch` and `propose` therefore come with another ring's id alone.
 */
const harmless = oneOf<Harmless>({
  ...pick("prepare", "accept", "merge", "read", "execute", "collect"),
  ...pick("list", "digest", "ping"),
}).map((request) =>
  "key" in request
    ? { ...request, key: hostilePrefix + request.key, ...ofKeys(request) }
    : request,
);

type Harmless = Extract<
  PeerRequest,
  {
    readonly kind:
      | "prepare"
      | "accept"
      | "merge"
      | "read"
      | "execute"
      | "collect"
      | "list"
      | "digest"
      | "ping";
  }
>;

function pick<Kind extends Harmless["kind"]>(
  ...kinds: readonly Kind[]
): Pick<typeof requests, Kind> {
  return Object.fromEntries(
    kinds.map((kind) => [kind, requests[kind]]),
  ) as unknown as Pick<typeof requests, Kind>;
}

/** The area `system` holds the layouts: a forged one is a member's lie. */
const ofKeys = (request: Harmless) =>
  "area" in request ? { area: "key" as const } : {};

/** Where a message has to be addressed to be read to its end. */
export interface Target {
  readonly ringId: string;
  readonly epoch: number;
  readonly to: string;
}

/** Valid batches for `target`, as they are, damaged, or of another ring. */
export function peerRequests(target: Target): fc.Arbitrary<Hostile> {
  const batch = fc
    .array(harmless, { minLength: 1, maxLength: 4 })
    .map((requests) => encodeBatch({ ...target, requests }));
  return fc
    .oneof(
      { weight: 2, arbitrary: batch },
      { weight: 4, arbitrary: withWrongField(batch) },
      { weight: 3, arbitrary: damagedBytes(batch) },
      { weight: 1, arbitrary: anyBatch.map(encodeBatch) },
      { weight: 1, arbitrary: damagedBytes(anyBatch.map(encodeBatch)) },
      { weight: 1, arbitrary: fc.uint8Array({ maxLength: 500 }) },
    )
    .map((body) => ({
      method: "POST",
      path: messagePath,
      headers: { "content-type": octetStream },
      body: new Uint8Array(body),
    }));
}

/** Well-formed messages with a value of another kind in one place of the first request, or that place left out. */
function withWrongField(
  batch: fc.Arbitrary<Uint8Array>,
): fc.Arbitrary<Uint8Array> {
  const anyValue = fc.oneof(
    fc.jsonValue(),
    fc.uint8Array({ maxLength: 20 }),
    fc.constantFrom(-1, 2 ** 52, 1.5, Number.NaN, "", null, undefined),
  );
  return fc.tuple(batch, fc.nat(), anyValue).map(([bytes, at, value]) => {
    const message = decode(bytes) as { requests: Record<string, unknown>[] };
    const [first = {}] = message.requests;
    const places = [first, ...Object.values(first).filter(isRecord)].flatMap(
      (record) => Object.keys(record).map((field) => ({ record, field })),
    );
    const { record, field } = places[at % places.length] ?? {};
    // A key of another kind is refused; one that is well formed would be somebody's.
    if (record && field !== undefined && typeof value !== "string")
      record[field] = value;
    return encode(message, { ignoreUndefined: true });
  });
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return (
    typeof value === "object" && value !== null && value.constructor === Object
  );
}

const anyLine = fc
  .string({ unit: "binary-ascii", maxLength: 40 })
  .map((line) => line.replaceAll("\r\n", "  "));

/** Bytes that are no HTTP, or begin as it. */
export const rawRequests: fc.Arbitrary<Hostile> = fc.oneof(
  fc.string({ unit: "binary-ascii", maxLength: 300 }),
  fc
    .tuple(anyLine, fc.array(anyLine, { maxLength: 4 }))
    .map(([first, rest]) => `${[first, ...rest].join("\r\n")}\r\n\r\n`),
  fc
    .tuple(method, anyLine, anyLine)
    .map(
      ([name, path, header]) =>
        `${name} /${path} HTTP/1.1\r\nHost: 127.0.0.1\r\n${header}\r\n\r\n`,
    ),
  fc
    .tuple(fc.constantFrom("5", "-1", "5, 5", "0x5", "99999999999"), text)
    .map(
      ([length, body]) =>
        `PUT /db/${hostilePrefix}raw HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: ${length}\r\nTransfer-Encoding: chunked\r\n\r\n${body}`,
    ),
);
