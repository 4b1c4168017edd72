/** Node.js's HTTP server under the app: what its parser refuses is answered like everything else, and closing ends. */
import {
  createServer,
  type Server,
  type ServerResponse,
  STATUS_CODES,
} from "node:http";
import type { AddressInfo } from "node:net";
import type { Duplex } from "node:stream";
import { getRequestListener, type HttpBindings } from "@hono/node-server";
import { headBytesMax, socketIdleMsMax } from "../core/limits.ts";
import { type Answer, toResponse } from "../http/answer.ts";
import { hasDotSegment, refusals } from "./request-check.ts";
import type { Fetch } from "./server.ts";
import { listenError } from "./start-error.ts";

/**
 * Longer than an idle ring's silence between two calls, usually: a peer that writes to a connection just as it is
 * closed cannot tell whether its request was taken.
 */
const keepAliveTimeoutMs = 65_000;
const headersTimeoutMs = 60_000;
const sweepIntervalMs = 20;

/**
 * A server, not yet listening, that answers by `fetch`. It cuts a connection on which nothing moves for `idleMsMax`
 * (`socketIdleMsMax` unless given) while bytes of a body or the taking of an answer are waited for.
 */
export function createNodejsServer(
  fetch: Fetch,
  { idleMsMax = socketIdleMsMax }: { readonly idleMsMax?: number } = {},
): Server {
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
      headersTimeout: headersTimeoutMs,
      // A long body is as good as a short one, as long as it goes on.
      requestTimeout: 0,
      maxHeaderSize: headBytesMax,
      requireHostHeader: false,
    },
    listener,
  );
  const answersOn = trackAnswers(server);
  server.on("clientError", (error: ParserError, socket) =>
    answerClientError(error, socket, answersOn(socket)),
  );
  server.setTimeout(idleMsMax, (socket) => {
    if (isStalled(socket, answersOn(socket))) socket.destroy();
  });
  return server;
}

/** What tells the answers of each connection that have not ended yet: pipelined requests have one each. */
function trackAnswers(
  server: Server,
): (socket: Duplex) => readonly ServerResponse[] {
  const bySocket = new WeakMap<Duplex, Set<ServerResponse>>();
  server.prependListener("request", ({ socket }, response) => {
    const answers = bySocket.get(socket) ?? new Set();
    bySocket.set(socket, answers.add(response));
    response.once("close", () => answers.delete(response));
  });
  return (socket) => [...(bySocket.get(socket) ?? [])];
}

/** Whether a silent connection waits for its caller; one whose answer is still being made, as a watch, waits for us. */
function isStalled(
  socket: Duplex,
  answers: readonly ServerResponse[],
): boolean {
  const isRead = answers.every(({ req }) => req.complete);
  return answers.length === 0 || !isRead || socket.writableLength > 0;
}

/** https://nodejs.org/api/http.html#event-clienterror */
interface ParserError extends NodeJS.ErrnoException {
  /** The chunk that the parser failed in. */
  readonly rawPacket?: Buffer;
}

/** Requests that Node.js's parser refuses, which it would answer without our header. */
function answerClientError(
  error: ParserError,
  socket: Duplex,
  answers: readonly ServerResponse[],
): void {
  // A second answer would be read as a part of the first, or as that of a request that may be carried out.
  const isAnswered = answers.some(
    ({ headersSent, req }) => headersSent || req.complete,
  );
  if (!socket.writable || error.code === "ECONNRESET" || isAnswered) {
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
