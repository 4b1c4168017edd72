/** `/db/{key}`: what can be done with one key. */
import { patchQuery } from "../key-patch.ts";
import { getQuery } from "../key-read.ts";
import { watchQuery } from "../key-watch.ts";
import { deleteQuery, putQuery } from "../key-write.ts";
import { changing, naming, ofBody, reading } from "./codes.ts";
import type { RequestHeader } from "./headers.ts";
import type {
  AnswerForm,
  Content,
  Operation,
  Operations,
} from "./operation.ts";

const tag = "keys";

/** Headers of every request about a key. */
export const ofKey = [
  "ringwalk-ring",
  "ringwalk-trace",
  "traceparent",
  "x-request-id",
] as const satisfies readonly RequestHeader[];
/** Headers of every change: beside those, its conditions, and what makes its repetition safe. */
const ofChange = [
  "if-match",
  "if-none-match",
  "idempotency-key",
  "ringwalk-bound",
  "ringwalk-repeated",
  ...ofKey,
] as const satisfies readonly RequestHeader[];

/** What is told with every answer about a key. */
export const told = ["ringwalk-consistency", "ringwalk-walk"] as const;
/** And to a change of one. */
const toldOfChange = [...told, "ringwalk-bound"] as const;
const toldOfValue = [
  "etag",
  "ringwalk-modified-at",
  "ringwalk-ttl",
  "ringwalk-metadata",
] as const;

/** A GET of a value. */
export const valueAnswer: AnswerForm = {
  description: "The value, as it was stored.",
  headers: [...told, ...toldOfValue],
  always: ["etag", "ringwalk-modified-at"],
  content: {
    "*/*": {
      description:
        "The bytes, under the content type that they were stored with.",
    },
  },
};
/** 304, with the headers of the value that the caller has. */
export const notModified: AnswerForm = {
  description: "If-None-Match names the value's ETag: the caller has it.",
  headers: valueAnswer.headers ?? [],
  always: valueAnswer.always ?? [],
};
/** 404, or 200 where the node was started so: no problem, although its status may look like one. */
export const missing: AnswerForm = {
  description:
    "There is no such key: an empty body, and no code. A node started with --missing-status 200 answers 200 instead, without an ETag.",
  headers: told,
};

/** The state of a key and each later one. */
export const eventStream: Content = {
  schema: "text",
  description:
    "Server-sent events: `value` or `absent`, with ids to go on from (Last-Event-ID). Comments keep the connection; when the stream ends, ask again.",
  events: { value: "Value", absent: "Nothing" },
};

const { key: _read, ...readQuery } = {
  ...getQuery.entries,
  ...watchQuery.entries,
};
const { key: _put, ...writeQuery } = putQuery.entries;
const { key: _patch, ...operationQuery } = patchQuery.entries;
const { key: _delete, ...removeQuery } = deleteQuery.entries;

/** Any bytes under any type. */
export const anyValue: Readonly<Record<string, Content>> = {
  "*/*": {
    description:
      "The value: any bytes, without a Content-Encoding. The content type is kept with it.",
    examples: { text: "hello" },
  },
};

/** 200 of a put, under whatever path: the new revision is its ETag. */
export const written: AnswerForm = {
  description: "The value is stored.",
  headers: [...toldOfChange, "etag"],
  always: ["etag"],
};

/** PUT, POST and unstorage's `setItem` are made of it, each with an id of its own. */
export const put: Omit<Operation, "id" | "description"> = {
  tag,
  summary: "Write a key",
  needs: ["write"],
  query: writeQuery,
  headers: [...ofChange, "ringwalk-metadata"],
  body: anyValue,
  answers: { 200: written },
  codes: [
    ...naming,
    ...changing,
    "invalid_ttl",
    "invalid_metadata",
    "invalid_body",
    "value_too_large",
    "unsupported_encoding",
  ],
};

/** `GET /db/{key}`; reads by `?key=` and by unstorage are made of it. */
export const get: Operation = {
  id: "readKey",
  tag,
  summary: "Read a key, or watch it",
  description:
    "Linearizable unless ?consistency=eventual asks for less. With Accept: text/event-stream it is a stream of the key's states.",
  needs: ["read"],
  query: readQuery,
  headers: ["if-match", "if-none-match", "last-event-id", ...ofKey],
  answers: {
    200: {
      ...valueAnswer,
      // A stream has none.
      always: [],
      content: { ...valueAnswer.content, "text/event-stream": eventStream },
    },
    304: notModified,
    404: missing,
  },
  codes: [
    ...naming,
    ...reading,
    "invalid_consistency",
    "invalid_condition",
    "condition_failed",
  ],
};

/** `PATCH /db/{key}`; `PATCH /db?key=` is made of it. */
export const patch: Operation = {
  id: "changeKey",
  tag,
  summary: "Count on a key, or set its time to live",
  description:
    "Done where the key is, in one conditional change. The body is read as JSON whatever its type says. An increment needs the right to read, too.",
  needs: ["write"],
  query: operationQuery,
  headers: ofChange,
  body: {
    "application/json": {
      schema: "PatchOperation",
      examples: {
        increment: { op: "increment", by: 2, max: 100, ttl: 3600 },
        touch: { op: "touch", ttl: 60 },
        forever: { op: "touch", ttl: null },
      },
    },
  },
  answers: {
    200: {
      description:
        "An increment tells the new number; a touch has an empty body.",
      headers: [...toldOfChange, "etag", "ringwalk-ttl"],
      content: { "application/json": { schema: "Count" } },
    },
  },
  codes: [
    ...naming,
    ...changing,
    ...ofBody,
    "no_such_key",
    "not_a_number",
    "out_of_bounds",
  ],
};

/** `DELETE /db/{key}`; `DELETE /db?key=` and unstorage's `removeItem` are made of it. */
export const remove: Operation = {
  id: "deleteKey",
  tag,
  summary: "Delete a key",
  description: "200 also when there was none.",
  needs: ["write"],
  query: removeQuery,
  headers: ofChange,
  answers: { 200: { description: "The key is gone.", headers: toldOfChange } },
  codes: [...naming, ...changing],
};

/** The document's `/db/{key}`; HEAD comes with its GET. */
export const keyOperations: Operations = {
  "/db/{key}": {
    get,
    put: { ...put, id: "writeKey" },
    post: {
      ...put,
      id: "writeKeyByPost",
      description: "The same as PUT, for clients of the seed systems.",
    },
    patch,
    delete: remove,
  },
};
