/** Operations on one key, as requests that can be lines of a batch. */
import type {
  ByteClient,
  ReadOptions,
  RequestOptions,
  WriteOptions,
} from "./api.ts";
import { asciiJson } from "./ascii-json.ts";
import { valueLine } from "./batch.ts";
import type { NodeAnswer } from "./call.ts";
import { keyPath } from "./key-path.ts";
import {
  headOf,
  isFound,
  jsonOf,
  metadataHeader,
  remainingTimeOf,
  revisionOf,
  storedOf,
} from "./node-answer.ts";
import { randomKey } from "./random-key.ts";
import type { Operation } from "./send.ts";

type Request = (
  operation: Operation,
  options: RequestOptions,
) => Promise<NodeAnswer>;

/** The operations of a client that are about one key. */
export type KeyOperations = Pick<
  ByteClient,
  "getBytes" | "head" | "putBytes" | "delete" | "increment" | "touch" | "has"
>;

/**
 * Makes them over `request`, which may send what has a `line` in a batch. A write without an idempotency key gets one.
 */
export function createKeyOperations(request: Request): KeyOperations {
  function head(key: string, options: ReadOptions) {
    const { consistency } = options;
    const path = keyPath(key, { consistency });
    return request({ method: "HEAD", path }, options);
  }

  /** A write by its method, and by the fields of a line. */
  function change(
    operation: Operation,
    line: (conditions: Conditions) => Operation["line"],
    options: WriteOptions,
  ) {
    const conditions = conditionsOf(options);
    const { idempotencyKey = randomKey(), bound } = options;
    const headers = {
      ...operation.headers,
      "if-match": conditions.ifMatch,
      "if-none-match": conditions.ifNoneMatch,
    };
    return request(
      { ...operation, headers, idempotencyKey, bound, line: line(conditions) },
      options,
    );
  }

  function patch(key: string, fields: object, options: WriteOptions) {
    return change(
      {
        method: "PATCH",
        path: keyPath(key),
        body: JSON.stringify(fields),
        headers: { "content-type": "application/json" },
      },
      (conditions) => () => ({ ...fields, key, ...conditions }),
      options,
    );
  }

  return {
    async getBytes(key, options = {}) {
      const { consistency } = options;
      const answer = await request(
        {
          method: "GET",
          path: keyPath(key, { consistency }),
          line: () => ({ op: "get", key, consistency }),
        },
        options,
      );
      return isFound(answer) ? storedOf(answer) : undefined;
    },
    async head(key, options = {}) {
      const answer = await head(key, options);
      return isFound(answer) ? headOf(answer) : undefined;
    },
    has: async (key, options = {}) => isFound(await head(key, options)),
    async putBytes(key, bytes, options = {}) {
      const { contentType, metadata, ttlSeconds: ttl } = options;
      const fields = { op: "put", key, contentType, metadata, ttl };
      const answer = await change(
        {
          method: "PUT",
          path: keyPath(key, { ttl }),
          // Shared memory alone, which `fetch` refuses too, is not covered by the narrower type.
          body: bytes as Uint8Array<ArrayBuffer>,
          headers: {
            "content-type": contentType,
            [metadataHeader]: metadata && asciiJson(JSON.stringify(metadata)),
          },
        },
        (conditions) => valueLine(bytes, { ...fields, ...conditions }),
        options,
      );
      return { revision: revisionOf(answer) };
    },
    async increment(key, options = {}) {
      const { by, min, max, ttlSeconds: ttl } = options;
      const fields = { op: "increment", by, min, max, ttl };
      const answer = await patch(key, fields, options);
      const { value } = jsonOf<{ readonly value: number }>(answer);
      return {
        value,
        revision: revisionOf(answer),
        ...remainingTimeOf(answer),
      };
    },
    async touch(key, options) {
      await patch(key, { op: "touch", ttl: options.ttlSeconds }, options);
    },
    async delete(key, options = {}) {
      await change(
        { method: "DELETE", path: keyPath(key) },
        (conditions) => () => ({ op: "delete", key, ...conditions }),
        options,
      );
    },
  };
}

interface Conditions {
  readonly ifMatch: string | undefined;
  readonly ifNoneMatch: string | undefined;
}

/** As the headers have them. */
function conditionsOf({ ifMatch, ifNoneMatch }: WriteOptions): Conditions {
  return { ifMatch: tagsOf(ifMatch), ifNoneMatch: tagsOf(ifNoneMatch) };
}

function tagsOf(
  revisions: string | readonly string[] | undefined,
): string | undefined {
  if (revisions === undefined || revisions === "*") return revisions;
  return [revisions]
    .flat()
    .map((revision) => `"${revision}"`)
    .join(", ");
}
