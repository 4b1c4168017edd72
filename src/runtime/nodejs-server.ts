/** Node.js's HTTP server under the app: what its parser refuses is answered like everything else, and closing ends. */
import {
  createServer,
  maxHeaderSize,
  type Server,
  STATUS_CODES,
} from "node:http";
import type { AddressInfo } from "node:net";
import type { Duplex } from "node:stream";
import { getRequestListener, type HttpBindings } from "@hono/node-server";
import { type Answer, finish, toResponse } from "../http/answer.ts";
import { problem } from "../http/problem.ts";
import { StartError } from "./start-error.ts";

export type Fetch = (
  request: Request,
  env: HttpBindings,
) => Response | Promise<Response>;

/**
 * Longer than an idle ring's silence between two calls, usually: a peer that writes to a connection just as it is
 * closed cannot tell whether its request was taken.
 */
const keepAliveTimeoutMs = 65_000;
/** How long answers under way may take once the server closes; then their connections are cut. */
const closeTimeoutMs = 3_000;
const sweepIntervalMs = 20;
/** How long a closing server still takes requests that are on their way over idle connections: more than a round trip. */
const farewellMs = 100;

/** A server, not yet listening, that answers by `fetch`. */
export function createNodejsServer(fetch: Fetch): Server {
  const answer = (request: Request, env: HttpBindings) =>
    hasDotSegment(env.incoming.url ?? "")
      ? toResponse(finish(problem(dotSegment)), env)
      : fetch(request, env);
  const listener = getRequestListener(
    (request, env) => answer(request, env as HttpBindings),
    {
      // Its replacements of the global Request and Response would be everyone's in this process.
      overrideGlobalObjects: false,
      errorHandler: () => toResponse(finish(problem(notHttp)), undefined),
    },
  );
  const server = createServer(
    // A request without a host is refused by the listener, in our words.
    { keepAliveTimeout: keepAliveTimeoutMs, requireHostHeader: false },
    listener,
  );
  server.on("clientError", answerClientError);
  return server;
}

/** A url's dot segments are resolved before a handler sees them (RFC 3986, section 5.2.4), so another key would be meant. */
function hasDotSegment(target: string): boolean {
  return /^[^?#]*\/(?:\.|%2e){1,2}(?:[/?#]|$)/i.test(target);
}

const dotSegment = {
  code: "invalid_key",
  message: "A path cannot carry . and .. as segments: use /db?key=.",
} as const;

const notHttp = {
  code: "invalid_encoding",
  message: "The request line or the headers are not valid HTTP.",
} as const;

const tooMuch = {
  code: "headers_too_large",
  message: `The request line and the headers have more than ${maxHeaderSize} bytes together.`,
} as const;

const longUri = {
  code: "uri_too_long",
  message: `The request's target has more than ${maxHeaderSize} bytes.`,
} as const;

const noMethod = {
  code: "method_not_allowed",
  message: "There is no such method.",
} as const;

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
  const { status, headers, body } = finish(refusalOf(error));
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
      return problem(noMethod, { allow: "GET, HEAD, PUT, POST, DELETE" });
    case "HPE_HEADER_OVERFLOW":
      return problem(isInFirstLine(error) ? longUri : tooMuch);
    default:
      return problem(notHttp);
  }
}

/** By what the parser read when it gave up: the request's first line had not ended where there was no more room. */
function isInFirstLine({ rawPacket }: ParserError): boolean {
  if (rawPacket === undefined) return false;
  const end = rawPacket.indexOf("\n");
  return end === -1 || end >= maxHeaderSize;
}

/** Listens, and tells the port, which the system chooses when it is 0. Rejects with a `StartError`. */
export function listen(
  server: Server,
  { host, port }: { readonly host: string; readonly port: number },
): Promise<number> {
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  const onError = (error: NodeJS.ErrnoException) =>
    reject(
      error.code === "EADDRINUSE"
        ? new StartError(
            "port_in_use",
            `Port ${port} on ${host} is in use: stop what listens there, or choose another with -p.`,
            error,
          )
        : new StartError(
            "cannot_listen",
            `Cannot listen on ${host}, port ${port} (${error.code ?? error.message}).`,
            error,
          ),
    );
  server.once("error", onError);
  server.listen(port, host, () => {
    server.off("error", onError);
    resolve((server.address() as AddressInfo).port);
  });
  return promise;
}

/**
 * Has every answer from now on end its connection, and resolves when clients in mid-conversation have heard it: a
 * request that meets a connection just closed has no answer, and its sender cannot know what became of it.
 */
export async function sayFarewell(server: Server): Promise<void> {
  server.prependListener("request", (_, response) => {
    response.shouldKeepAlive = false;
  });
  await new Promise((resolve) => setTimeout(resolve, farewellMs));
}

/** Takes no new connections and lets answers under way end; then, or when they take too long, nothing is open. */
export async function closeServer(server: Server): Promise<void> {
  if (!server.listening) return;
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  // A connection whose answer ends only now would be kept alive for its next request.
  const sweep = setInterval(
    () => server.closeIdleConnections(),
    sweepIntervalMs,
  );
  const cut = setTimeout(() => server.closeAllConnections(), closeTimeoutMs);
  await closed;
  clearInterval(sweep);
  clearTimeout(cut);
}
