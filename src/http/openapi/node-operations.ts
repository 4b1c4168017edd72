/** What a node tells to everybody, and what only nodes ask one another. */
import {
  helloPath,
  messagePath,
  octetStream,
} from "../../transport/peer-http.ts";
import type { Operation, Operations } from "./operation.ts";

const peer: Omit<Operation, "id" | "summary"> = {
  tag: "peers",
  description:
    "In the binary peer protocol, which docs/PROTOCOL.md of the project specifies.",
  needs: "peer",
  body: { [octetStream]: {} },
  answers: {
    200: { description: "The answer.", content: { [octetStream]: {} } },
  },
  codes: ["malformed_message"],
};

const sight = {
  tag: "node",
  answers: {
    200: {
      description: "Text.",
      content: { "text/plain": { schema: "text" } },
    },
  },
  codes: [],
} as const;

/** What needs no token, and beside it `/metrics`, which needs the right to read. */
export const nodeOperations: Operations = {
  "/": {
    get: {
      id: "welcome",
      tag: "node",
      summary: "Says that a node is here",
      needs: "open",
      answers: {
        200: {
          description:
            "A line; for who accepts text/html, the dashboard, with an ETag.",
          headers: ["ringwalk-bound", "etag"],
          content: {
            "text/plain": { schema: "text" },
            "text/html": { schema: "text" },
          },
        },
        304: {
          description: "If-None-Match names the dashboard's ETag.",
          headers: ["ringwalk-bound", "etag"],
        },
      },
      headers: ["if-none-match"],
      codes: [],
    },
  },
  "/openapi.json": {
    get: {
      id: "readDescription",
      tag: "node",
      summary: "This document",
      needs: "open",
      answers: {
        200: {
          description: "OpenAPI 3.1.",
          content: { "application/json": { schema: "document" } },
        },
      },
      codes: [],
    },
  },
  "/health": {
    get: {
      ...sight,
      id: "readHealth",
      summary: "Whether the node lives",
      needs: "open",
    },
  },
  "/ready": {
    get: {
      ...sight,
      id: "readReadiness",
      summary: "Whether the node should be asked",
      needs: "open",
      codes: ["no_quorum", "not_a_member", "shutting_down", "store_failed"],
    },
  },
  "/metrics": {
    get: {
      ...sight,
      id: "readMetrics",
      summary: "How the node fares, for Prometheus",
      needs: ["read"],
    },
  },
};

/** Listed so that no route is missing: what is in their bodies docs/PROTOCOL.md says. */
export const peerOperations: Operations = {
  [messagePath]: {
    post: {
      ...peer,
      id: "exchange",
      summary: "Messages of a node",
      codes: [
        "malformed_message",
        "value_too_large",
        "invalid_body",
        "wrong_target",
        "overloaded",
        "shutting_down",
        "store_failed",
      ],
    },
  },
  [helloPath]: {
    post: {
      ...peer,
      id: "greet",
      summary: "Who a node is",
      codes: ["malformed_message", "overloaded"],
    },
  },
};
