/** `/peer`: what nodes say to one another, in the binary peer protocol (docs/PROTOCOL.md). */

import { encodeGreeting } from "../core/greeting-codec.ts";
import { messageBytesMax } from "../core/limits.ts";
import { helloPath, messagePath, octetStream } from "../transport/peer-http.ts";
import type { Handler, MethodRoutes } from "./access.ts";
import type { Answer } from "./answer.ts";
import { readBody } from "./body.ts";
import type { AppOptions } from "./options.ts";
import { problem } from "./problem.ts";

/** Routes by path and method. They take the word of whoever knows the ring secret. */
export function peerRoutes({
  node,
}: AppOptions): Readonly<Record<string, MethodRoutes>> {
  const exchange = async (request: Request): Promise<Answer> => {
    if (!isOctetStream(request)) return problem(notOctets);
    const message = await readBody(request, messageBytesMax);
    if (!message.ok) return problem(message.error);
    const answer = await node.handlePeer(message.value);
    return answer.ok ? octets(answer.value) : problem(answer.error);
  };
  const greet = (request: Request): Answer =>
    isOctetStream(request)
      ? octets(encodeGreeting(node.greeting()))
      : problem(notOctets);
  return {
    [messagePath]: { POST: member(exchange) },
    [helloPath]: { POST: member(greet) },
  };
}

function member(handler: Handler) {
  return { needs: "peer", handler } as const;
}

/** A browser asks before it sends this type to another site, and only pages of allowed origins hear yes. */
function isOctetStream(request: Request): boolean {
  return request.headers.get("content-type") === octetStream;
}

const notOctets = {
  code: "malformed_message",
  message: `Peer messages are ${octetStream}.`,
} as const;

function octets(body: Uint8Array): Answer {
  const headers = { "content-type": octetStream, "cache-control": "no-store" };
  return { status: 200, headers, body };
}
