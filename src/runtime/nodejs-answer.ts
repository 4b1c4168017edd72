/** Answers written straight to Node.js's response: building a `Response` and reading it again costs a third of the requests a second. */
import type { ServerResponse } from "node:http";
import { RESPONSE_ALREADY_SENT } from "@hono/node-server/utils/response";
import { type Deliver, toResponse } from "../http/answer.ts";

/** Delivers to the `outgoing` of @hono/node-server's environment; callers without a socket get a `Response`. */
export const deliverToNodejs: Deliver = (answer, env) => {
  const { status, headers, body } = answer;
  const outgoing = outgoingOf(env);
  if (!outgoing) return toResponse(answer, env);
  outgoing.writeHead(status, headers);
  if (body instanceof ReadableStream) void write(body, outgoing);
  else outgoing.end(body);
  return RESPONSE_ALREADY_SENT;
};

function outgoingOf(env: unknown): ServerResponse | undefined {
  return typeof env === "object" && env !== null
    ? Reflect.get(env, "outgoing")
    : undefined;
}

/** As fast as the caller reads; whoever goes away ends the stream, and a stream that fails breaks the transfer off. */
async function write(
  stream: ReadableStream<Uint8Array>,
  outgoing: ServerResponse,
): Promise<void> {
  const reader = stream.getReader();
  const cancel = () => void reader.cancel().catch(() => {});
  if (outgoing.req.method === "HEAD" || outgoing.destroyed) {
    cancel();
    outgoing.end();
    return;
  }
  outgoing.once("close", cancel);
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) break;
      if (!outgoing.write(value) && !outgoing.destroyed)
        await drained(outgoing);
    }
    outgoing.end();
  } catch {
    outgoing.destroy();
  }
}

function drained(outgoing: ServerResponse): Promise<void> {
  return new Promise((resolve) => {
    const go = () => {
      outgoing.off("drain", go);
      outgoing.off("close", go);
      resolve();
    };
    outgoing.on("drain", go);
    outgoing.on("close", go);
  });
}
