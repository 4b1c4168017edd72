/** `/db`: listings, operations in bulk, and with `?key=` the way to keys that no path can carry. */
import { ndjsonType } from "../bulk-route.ts";
import { patchQuery } from "../key-patch.ts";
import { getQuery } from "../key-read.ts";
import { watchQuery } from "../key-watch.ts";
import { deleteQuery, putQuery } from "../key-write.ts";
import { linesQuery, pageQuery, streamQuery } from "../listing-routes.ts";
import {
  anyValue,
  eventStream,
  keyOperations,
  missing,
  notModified,
  patch,
  remove,
  valueAnswer,
  written,
} from "./key-operations.ts";
import type { Operation, Operations } from "./operation.ts";

const { get: ofKey, put, post } = keyOperations["/db/{key}"] ?? {};
if (!ofKey || !put || !post) throw new Error("a key has these operations");

const mustHave = ["key"];
const inQuery =
  "For keys that a path cannot carry (. and ..), and for all others too.";

const list: Operation = {
  ...ofKey,
  id: "listKeys",
  tag: "listings",
  summary: "List keys; with ?key= read or watch one",
  description:
    "Without ?key= the keys of the asked node, or with ?scope=ring of the ring, in the form that Accept asks for. With ?key= the same as GET /db/{key}.",
  query: {
    ...linesQuery.entries,
    ...pageQuery.entries,
    ...streamQuery.entries,
    ...getQuery.entries,
    ...watchQuery.entries,
  },
  answers: {
    200: {
      description: "The keys, or the value.",
      headers: valueAnswer.headers ?? [],
      content: {
        "text/plain": {
          schema: "text",
          description:
            "A key a line (CR LF), with CR, LF and % in it percent-encoded.",
        },
        "application/json": { schema: "KeyPage", description: "One page." },
        [ndjsonType]: {
          schema: "ListingLine",
          description:
            'A line for each key, a cursor from time to time, at the end {"end":true}; an error is the last line.',
        },
        "text/event-stream": eventStream,
        ...valueAnswer.content,
      },
    },
    304: notModified,
    404: missing,
  },
  codes: [...ofKey.codes, "invalid_cursor"],
};

const bulk: Operation = {
  ...post,
  id: "runOperations",
  summary: "Many operations in one request; with ?key= write one key",
  description:
    "With Content-Type: application/x-ndjson an operation a line, answered by a line each as they end; lines on one key keep their order. Each line needs the rights of its operation. With ?key= the same as PUT, and it needs the right to write.",
  needs: [],
  query: putQuery.entries,
  body: {
    [ndjsonType]: {
      schema: "BulkOperation",
      description: "A line each.",
      examples: {
        put: {
          op: "put",
          key: "users/43",
          value: "hello",
          contentType: "text/plain",
          ttl: 60,
          idempotencyKey: "order-8",
          metadata: { owner: "ada" },
        },
        bytes: { op: "put", key: "bytes", base64: "AAEC", ifNoneMatch: "*" },
        get: { op: "get", key: "users/43", consistency: "eventual" },
        increment: { op: "increment", key: "visits", by: 2, min: 0 },
        touch: { op: "touch", key: "users/43", ttl: null },
        delete: { op: "delete", key: "users/43", ifMatch: "*" },
      },
    },
    ...anyValue,
  },
  answers: {
    200: {
      ...written,
      description: "A line for each operation; with ?key= an empty body.",
      // Lines have their own, but for the bound.
      always: [],
      content: {
        [ndjsonType]: { schema: "BulkResult", description: "A line each." },
      },
    },
  },
};

/** The document's `/db`; most of it is `/db/{key}` with the key in the query. */
export const manyKeyOperations: Operations = {
  "/db": {
    get: list,
    post: bulk,
    put: {
      ...put,
      id: "writeKeyInQuery",
      description: inQuery,
      query: putQuery.entries,
      mustHave,
    },
    patch: {
      ...patch,
      id: "changeKeyInQuery",
      description: inQuery,
      query: patchQuery.entries,
      mustHave,
    },
    delete: {
      ...remove,
      id: "deleteKeyInQuery",
      description: inQuery,
      query: deleteQuery.entries,
      mustHave,
    },
  },
};
