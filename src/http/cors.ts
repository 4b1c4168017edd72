/** Pages of other origins that an operator allows: the library's middleware, and none where there are no origins. */
import type { MiddlewareHandler } from "hono";
import { cors } from "hono/cors";
import { protocolVersion } from "../core/message.ts";
import { messagePath, protocolHeader } from "../transport/peer-http.ts";
import { boundHeader } from "./bound.ts";
import { requestIdHeader } from "./request-id.ts";

/** What a page's script may read of an answer beside its status, type and body. */
const exposedHeaders = [
  "etag",
  "retry-after",
  "www-authenticate",
  protocolHeader,
  "ringwalk-ring",
  "ringwalk-ttl",
  boundHeader,
  "ringwalk-consistency",
  "ringwalk-walk",
  "ringwalk-metadata",
  "ringwalk-modified-at",
  requestIdHeader,
];
/** A browser asks again after this time; longer, and an origin that was taken off the list stays for too long. */
const preflightSeconds = 600;

/** Empty when no origin is allowed: then browsers keep answers from pages of other sites, as always. */
export function corsFor(
  origins: readonly string[],
): readonly MiddlewareHandler[] {
  if (origins.length === 0) return [];
  const allow = cors({
    origin: [...origins],
    allowMethods: ["GET", "HEAD", "PUT", "POST", "PATCH", "DELETE"],
    exposeHeaders: exposedHeaders,
    maxAge: preflightSeconds,
  });
  return [markAnswer, forClients(allow)];
}

/** No page is a member: without a secret nothing else would keep one from sending what members send. */
function forClients(middleware: MiddlewareHandler): MiddlewareHandler {
  return (c, next) =>
    c.req.path.startsWith(messagePath) ? next() : middleware(c, next);
}

/** The answer to a preflight is the middleware's own. */
const markAnswer: MiddlewareHandler = async (c, next) => {
  await next();
  c.header(protocolHeader, String(protocolVersion));
};
