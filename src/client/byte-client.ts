/** A client for bytes and membership, without the serializer of values: what `createClient` builds on. */
import type {
  ByteClient,
  ClientOptions,
  KeysOptions,
  Metadata,
  ReadOptions,
  RequestOptions,
  StoredBytes,
  StoredHead,
  WriteOptions,
} from "./api.ts";
import { createCall, type NodeAnswer } from "./call.ts";
import { RingwalkError } from "./errors.ts";
import { keyPath, withQuery } from "./key-path.ts";
import { createMembership } from "./membership.ts";
import { createNodeList, nodeUrl } from "./node-list.ts";
import { createRingPin } from "./ring-pin.ts";
import { type Operation, send } from "./send.ts";
import type { RingStatus } from "./status.ts";

/** Longer than a node tries, so that its answer arrives: it tells more than a time-out. */
const attemptTimeoutMsDefault = 10_000;
const timeoutMsDefault = 30_000;

/** A client of the nodes given, without a request being made. Throws a `RingwalkError` (`invalid_node`) for what is no url. */
export function createByteClient(options: ClientOptions = {}): ByteClient {
  const now = () => performance.now();
  const nodes = createNodeList({
    urls: (options.nodes ?? []).map(nodeUrl),
    policy: options.policy ?? "round-robin",
    now,
  });
  const { token } = options;
  const call = createCall({
    ...options,
    headers: {
      ...(token !== undefined && { authorization: `Bearer ${token}` }),
      ...options.headers,
    },
  });
  const sending = {
    nodes,
    call,
    attemptTimeoutMs: options.attemptTimeoutMs ?? attemptTimeoutMsDefault,
    timeoutMs: options.timeoutMs ?? timeoutMsDefault,
    isPatient: options.patient ?? false,
    now,
    ring: createRingPin(),
  };

  async function request(
    operation: Operation,
    { signal, onWalk }: RequestOptions,
  ): Promise<NodeAnswer> {
    const headers = { ...operation.headers, "ringwalk-trace": "1" };
    const traced = onWalk ? { ...operation, headers } : operation;
    const answer = await send(signal ? { ...traced, signal } : traced, sending);
    const walk = answer.headers.get("ringwalk-walk");
    if (onWalk && walk !== null) onWalk(walk);
    return answer;
  }

  function read(method: "GET" | "HEAD", key: string, options: ReadOptions) {
    const { consistency } = options;
    return request({ method, path: keyPath(key, { consistency }) }, options);
  }

  function patch(key: string, operation: object, options: WriteOptions) {
    return request(
      {
        method: "PATCH",
        path: keyPath(key),
        body: new TextEncoder().encode(JSON.stringify(operation)),
        idempotencyKey: options.idempotencyKey ?? randomKey(),
        headers: {
          ...conditionHeaders(options),
          "content-type": "application/json",
        },
      },
      options,
    );
  }

  async function status(options: RequestOptions = {}): Promise<RingStatus> {
    const operation = { method: "GET", path: "/dht/status" } as const;
    return jsonOf(await request(operation, options));
  }

  async function* keys(options: KeysOptions = {}): AsyncIterable<string> {
    const { scope = "ring", prefix } = options;
    let cursor: string | undefined;
    do {
      const path = withQuery("/db", { scope, prefix, cursor });
      const headers = { accept: "application/json" };
      const page: {
        readonly keys: readonly string[];
        readonly cursor?: string;
      } = jsonOf(await request({ method: "GET", path, headers }, options));
      yield* page.keys;
      cursor = page.cursor;
    } while (cursor !== undefined);
  }

  return {
    async getBytes(key, options = {}) {
      const answer = await read("GET", key, options);
      return isFound(answer) ? storedOf(answer) : undefined;
    },
    async head(key, options = {}) {
      const answer = await read("HEAD", key, options);
      return isFound(answer) ? headOf(answer) : undefined;
    },
    async has(key, options = {}) {
      return isFound(await read("HEAD", key, options));
    },
    async putBytes(key, bytes, options = {}) {
      const { contentType, metadata, ttlSeconds } = options;
      const answer = await request(
        {
          method: "PUT",
          path: keyPath(key, { ttl: ttlSeconds }),
          // Shared memory alone, which `fetch` refuses too, is not covered by the narrower type.
          body: bytes as Uint8Array<ArrayBuffer>,
          idempotencyKey: options.idempotencyKey ?? randomKey(),
          headers: {
            ...conditionHeaders(options),
            ...(contentType !== undefined && { "content-type": contentType }),
            ...(metadata && { [metadataHeader]: asciiJson(metadata) }),
          },
        },
        options,
      );
      return { revision: revisionOf(answer) ?? "" };
    },
    async increment(key, options = {}) {
      const { by, min, max, ttlSeconds: ttl } = options;
      const operation = { op: "increment", by, min, max, ttl };
      const answer = await patch(key, operation, options);
      const { value } = jsonOf<{ readonly value: number }>(answer);
      const revision = revisionOf(answer) ?? "";
      return { value, revision, ...remainingTimeOf(answer) };
    },
    async touch(key, options) {
      await patch(key, { op: "touch", ttl: options.ttlSeconds }, options);
    },
    async delete(key, options = {}) {
      await request(
        {
          method: "DELETE",
          path: keyPath(key),
          idempotencyKey: options.idempotencyKey ?? randomKey(),
          headers: conditionHeaders(options),
        },
        options,
      );
    },
    keys,
    async peers(options = {}) {
      const operation = { method: "GET", path: "/dht/peers" } as const;
      return linesOf(textOf(await request(operation, options)));
    },
    status,
    ...createMembership(sending, status),
    nodes: nodes.urls,
  };
}

/** A value has an ETag; a missing key has none, whichever status the ring gives it. */
function isFound({ headers }: NodeAnswer): boolean {
  return headers.has("etag");
}

function storedOf(answer: NodeAnswer): StoredBytes {
  return { bytes: answer.bytes, ...describedOf(answer) };
}

function headOf(answer: NodeAnswer): StoredHead {
  const { headers } = answer;
  return {
    byteCount: Number(headers.get("content-length")),
    modifiedAt: Number(headers.get("ringwalk-modified-at")),
    ...describedOf(answer),
  };
}

function describedOf(answer: NodeAnswer): Omit<StoredBytes, "bytes"> {
  const { headers } = answer;
  const metadata = headers.get(metadataHeader);
  return {
    contentType: headers.get("content-type") ?? "application/octet-stream",
    revision: revisionOf(answer) ?? "",
    ...remainingTimeOf(answer),
    ...(metadata !== null && { metadata: parsed<Metadata>(metadata, answer) }),
  };
}

function remainingTimeOf({ headers }: NodeAnswer): { ttlSeconds?: number } {
  const ttl = headers.get("ringwalk-ttl");
  return ttl === null ? {} : { ttlSeconds: Number(ttl) };
}

const metadataHeader = "ringwalk-metadata";

/** JSON that fits a header: what is not ASCII is escaped. */
function asciiJson(value: unknown): string {
  return JSON.stringify(value).replace(
    /[\x7f-\uffff]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

function revisionOf({ headers }: NodeAnswer): string | undefined {
  return headers.get("etag")?.replace(/^(?:W\/)?"|"$/g, "");
}

function conditionHeaders({ ifMatch, ifNoneMatch }: WriteOptions) {
  return {
    ...(ifMatch !== undefined && { "if-match": tagsOf(ifMatch) }),
    ...(ifNoneMatch !== undefined && { "if-none-match": tagsOf(ifNoneMatch) }),
  };
}

function tagsOf(revisions: string | readonly string[]): string {
  if (revisions === "*") return "*";
  return [revisions]
    .flat()
    .map((revision) => `"${revision}"`)
    .join(", ");
}

/** 128 random bits; `crypto.randomUUID` is missing on pages without TLS. */
function randomKey(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join(
    "",
  );
}

function textOf({ bytes }: NodeAnswer): string {
  return new TextDecoder().decode(bytes);
}

function jsonOf<T>(answer: NodeAnswer): T {
  return parsed(textOf(answer), answer);
}

function parsed<T>(json: string, answer: NodeAnswer): T {
  try {
    return JSON.parse(json);
  } catch (cause) {
    throw new RingwalkError({
      code: "malformed_answer",
      message: `${answer.node} sent an answer that cannot be read.`,
      node: answer.node,
      cause,
    });
  }
}

function linesOf(text: string): readonly string[] {
  return text.split("\r\n").filter((line) => line !== "");
}
