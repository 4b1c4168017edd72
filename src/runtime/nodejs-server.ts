/** Node.js's HTTP server under the app: what its parser refuses is answered like everything else, and closing ends. */
import { createServer, type Server, STATUS_CODES } from "node:http";
import type { AddressInfo } from "node:net";
import type { Duplex } from "node:stream";
import { getRequestListener, type HttpBindings } from "@hono/node-server";
import { headBytesMax } from "../core/limits.ts";
import { type Answer, toResponse } from "../http/answer.ts";
import { hasDotSegment, refusals } from "./request-check.ts";
import type { Fetch } from "./server.ts";
import { listenError } from "./start-error.ts";

/**
 * Longer than an idle ring's silence between two calls, usually: a peer that writes to a connection just as it is
 * closed cannot tell whether its request was taken.
 */
const keepAliveTimeoutMs = 65_000;
const sweepIntervalMs = 20;

/** A server, not yet listening, that answers by `fetch`. */
export function createNodejsServer(fetch: Fetch): Server {
  const answer = (request: Request, env: HttpBindings) =>
    hasDotSegment(env.incoming.url ?? "")
      ? toResponse(refusals.dotSegment(), env)
      : fetch(request, env);
  const listener = getRequestListener(
    (request, env) => answer(request, env as HttpBindings),
    {
      // Its replacements of the global Request and Response would be everyone's in this process.
      overrideGlobalObjects: false,
      errorHandler: () => toResponse(refusals.notHttp(), undefined),
    },
  );
  const server = createServer(
    // A request without a host is refused by the listener, in our words.
    {
      keepAliveTimeout: keepAliveTimeoutMs,
      maxHeaderSize: headBytesMax,
      requireHostHeader: false,
    },
    listener,
  );
  server.on("clientError", answerClientError);
  return server;
}

/** https://nodejs.org/api/http.html#event-clienterror */
interface ParserError extends NodeJS.ErrnoException {
  /** The chunk that the parser failed in. */
  readonly rawPacket?: Buffer;
}

/** Requests that Node.js's parser refuses, which it would answer without our header. */
function answerClientError(error: ParserError, socket: Duplex): void {
  if (!socket.writable || error.code === "ECONNRESET") {
    socket.destroy();
    return;
  }
  const { status, headers, body } = refusalOf(error);
  const fields = Object.entries({ ...headers, connection: "close" });
  const lines = [
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}`,
    ...fields.map(([name, value]) => `${name}: ${value}`),
  ];
  socket.write(`${lines.join("\r\n")}\r\n\r\n`);
  socket.end(body);
}

function refusalOf(error: ParserError): Answer {
  switch (error.code) {
    case "HPE_INVALID_METHOD":
      return refusals.unknownMethod();
    case "HPE_HEADER_OVERFLOW":
      return isInFirstLine(error)
        ? refusals.uriTooLong()
        : refusals.headersTooLarge();
    default:
      return refusals.notHttp();
  }
}

/** By what the parser read when it gave up: the request's first line had not ended where there was no more room. */
function isInFirstLine({ rawPacket }: ParserError): boolean {
  if (rawPacket === undefined) return false;
  const end = rawPacket.indexOf("\n");
  return end === -1 || end >= headBytesMax;
}

/** Listens, and tells the port, which the system chooses when it is 0. Rejects with a `StartError`. */
export function listenAt(
  server: Server,
  where: { readonly host: string; readonly port: number },
): Promise<number> {
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  const onError = (error: Error) => reject(listenError(error, where));
  server.once("error", onError);
  server.listen(where.port, where.host, () => {
    server.off("error", onError);
    resolve((server.address() as AddressInfo).port);
  });
  return promise;
}

/** Has every answer from now on end its connection. */
export function sayFarewell(server: Server): void {
  server.prependListener("request", (_, response) => {
    response.shouldKeepAlive = false;
  });
}

/** Takes no new connections, and resolves when the answers under way have ended and nothing is open. */
export async function closeServer(server: Server): Promise<void> {
  if (!server.listening) return;
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  // A connection whose answer ends only now would be kept alive for its next request.
  const sweep = setInterval(
    () => server.closeIdleConnections(),
    sweepIntervalMs,
  );
  await closed;
  clearInterval(sweep);
}
