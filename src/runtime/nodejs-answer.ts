/** Answers written straight to Node.js's response: building a `Response` and reading it again costs a third of the requests a second. */
import type { ServerResponse } from "node:http";
import { RESPONSE_ALREADY_SENT } from "@hono/node-server/utils/response";
import { type Deliver, toResponse } from "../http/answer.ts";

/** Delivers to the `outgoing` of @hono/node-server's environment; streams, and callers without a socket, get a `Response`. */
export const deliverToNodejs: Deliver = (answer, env) => {
  const { status, headers, body } = answer;
  const outgoing = outgoingOf(env);
  if (!outgoing || body instanceof ReadableStream)
    return toResponse(answer, env);
  outgoing.writeHead(status, headers);
  outgoing.end(body);
  return RESPONSE_ALREADY_SENT;
};

function outgoingOf(env: unknown): ServerResponse | undefined {
  return typeof env === "object" && env !== null
    ? Reflect.get(env, "outgoing")
    : undefined;
}
