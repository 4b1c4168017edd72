/** `/dht/tokens`: client tokens are made, listed and revoked. */
import { ofBody, ofTokens } from "./codes.ts";
import type { Operations } from "./operation.ts";

const common = { tag: "tokens", needs: ["admin"] } as const;

/** An admin alone may use them, also to look. */
export const tokenOperations: Operations = {
  "/dht/tokens": {
    get: {
      ...common,
      id: "listTokens",
      summary: "List the tokens of the ring",
      answers: {
        200: {
          description: "All that is told of them: never what a client sends.",
          content: { "application/json": { schema: "TokenList" } },
        },
      },
      codes: [...ofTokens, "invalid_query", "invalid_encoding"],
    },
    post: {
      ...common,
      id: "createToken",
      summary: "Make a token",
      body: {
        "application/json": {
          schema: "TokenRequest",
          examples: {
            reader: { name: "reports", rights: ["read"], prefix: "reports/" },
            day: {
              name: "import",
              rights: ["read", "write"],
              ttlSeconds: 86_400,
            },
          },
        },
      },
      answers: {
        201: {
          description: "The token, whose text nobody can find out again.",
          content: { "application/json": { schema: "CreatedToken" } },
        },
      },
      codes: [...ofTokens, ...ofBody, "invalid_query", "outcome_unknown"],
    },
  },
  "/dht/tokens/{id}": {
    delete: {
      ...common,
      id: "revokeToken",
      summary: "Revoke a token",
      description:
        "200 also when there was none. The asked node refuses it at once, the others within seconds.",
      answers: { 200: { description: "The token is none any more." } },
      codes: [
        ...ofTokens,
        "invalid_query",
        "invalid_encoding",
        "outcome_unknown",
      ],
    },
  },
};
