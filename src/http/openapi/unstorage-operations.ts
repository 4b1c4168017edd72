/** `/unstorage/*`: what unstorage's stock `http` driver asks. */
import { getQuery } from "../key-read.ts";
import { naming, reading } from "./codes.ts";
import {
  get as getKey,
  missing,
  notModified,
  ofKey,
  put as putKey,
  remove as removeKey,
  told,
  valueAnswer,
} from "./key-operations.ts";
import type { AnswerForm, Operation, Operations } from "./operation.ts";

const tag = "unstorage";
const { key: _get, ...readQuery } = getQuery.entries;

const meta = ["last-modified", "x-ttl"] as const;
const value: AnswerForm = {
  ...valueAnswer,
  description:
    "The value as text, or raw with exactly Accept: application/octet-stream.",
  headers: [...(valueAnswer.headers ?? []), ...meta],
  always: [...(valueAnswer.always ?? []), "last-modified"],
  content: { "text/plain": { schema: "text" }, "application/octet-stream": {} },
};

const get: Operation = {
  ...getKey,
  id: "getItem",
  tag,
  summary: "Read an item",
  description: "The item a/b is the ring's key a:b.",
  query: readQuery,
  headers: ["if-match", "if-none-match", ...ofKey],
  answers: {
    200: value,
    204: { ...missing, description: "Asked for raw: there is no such item." },
    304: { ...notModified, headers: value.headers ?? [] },
    404: {
      ...missing,
      description: "There is no such item: an empty body, and no code.",
    },
  },
};

const put: Operation = {
  ...putKey,
  id: "setItem",
  tag,
  summary: "Write an item",
  headers: [...(putKey.headers ?? []), "x-ttl"],
};

const remove: Operation = {
  ...removeKey,
  id: "removeItem",
  tag,
  summary: "Delete an item",
  answers: { 200: { description: "The item is gone.", headers: told } },
};

const list: Operation = {
  id: "listItems",
  tag,
  summary: "List the items below a base",
  description:
    "All of the ring, in one array. A path that ends in / or : is a base.",
  needs: ["read"],
  headers: ["ringwalk-ring"],
  answers: {
    200: {
      description: "The items, with slashes for colons.",
      headers: ["ringwalk-consistency"],
      content: { "application/json": { schema: "keys" } },
    },
  },
  codes: [...naming, ...reading, "invalid_condition"],
  hasHead: false,
};

const clear: Operation = {
  id: "clearItems",
  tag,
  summary: "Delete the items below a base",
  description: "To repeat it is always safe.",
  needs: ["write"],
  headers: ["ringwalk-ring"],
  answers: {
    200: {
      description: "Every item that was there throughout is gone.",
      headers: ["ringwalk-consistency"],
    },
  },
  codes: [
    ...naming,
    ...reading,
    "invalid_condition",
    "outcome_unknown",
    "clear_incomplete",
  ],
};

/** Three kinds of paths: one item, all below a base, and all there are. */
export const unstorageOperations: Operations = {
  "/unstorage/{item}": { get, put, delete: remove },
  "/unstorage/{base}/:": { get: list, delete: clear },
  "/unstorage/:": {
    get: { ...list, id: "listAllItems", summary: "List all items" },
    delete: { ...clear, id: "clearAllItems", summary: "Delete all items" },
  },
};
