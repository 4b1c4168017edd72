/** The node's Hono app: the same on every runtime, a thin shell over a `RingNode`. */
import { Hono } from "hono";
import { messageBytesMax } from "../core/limits.ts";
import { type Guard, secretGuard } from "./access.ts";
import {
  type Answer,
  finish,
  type Handler,
  type MethodHandlers,
  toResponse,
} from "./answer.ts";
import {
  keyInPath,
  keyRoute,
  routePathOf,
  unstorageRoute,
} from "./key-path.ts";
import { keyRoutes } from "./key-routes.ts";
import { loadGuard, loadLimits } from "./load.ts";
import { manyKeys } from "./many-keys.ts";
import type { AppOptions } from "./options.ts";
import { peerRoutes } from "./peer-route.ts";
import { problem } from "./problem.ts";
import { ringGuard } from "./ring-header.ts";
import { ringRoutes } from "./ring-routes.ts";
import { unstorageRoutes } from "./unstorage-routes.ts";

/** Composes the routes of one node. Nothing stands between router and handler, and one function delivers. */
export function createApp(options: AppOptions): Hono {
  const { deliver = toResponse, log, node, secret } = options;
  const { clients, peers, bulk } = { ...loadLimits, ...options.load };
  const withSecret = secretGuard(secret);
  // Not for what an operator asks: it is under load that the state of a ring has to be seen.
  const withRoom = loadGuard(clients, () => node.settings().valueBytesMax);
  const ofRing = ringGuard(node);
  const ofClients: Guard = (handler) => ofRing(withRoom(handler));
  const ofPeers = loadGuard(peers, () => messageBytesMax);
  const routes: Readonly<Record<string, MethodHandlers>> = {
    "/": { GET: () => welcome },
    [keyRoute]: guarded(keyRoutes(options, keyInPath), ofClients),
    "/db": guarded(manyKeys(options, bulk), ofClients),
    [unstorageRoute]: guarded(unstorageRoutes(options), ofClients),
    ...ringRoutes(options, withSecret, ofRing),
    ...peerRoutes(options, (handler) => withSecret(ofPeers(handler))),
  };
  const run = async (handler: Handler, request: Request, env: unknown) =>
    deliver(finish(await handler(request)), env);
  const app = new Hono({ getPath: routePathOf });
  for (const [path, handlers] of Object.entries(routes))
    for (const [method, handler] of Object.entries(handlers))
      app.on(method, path, (c) => {
        const request = c.req.raw;
        const isServed = request.method !== "HEAD" || hasHead(handlers);
        return run(
          isServed ? handler : () => unrouted(handlers),
          request,
          c.env,
        );
      });
  app.notFound((c) =>
    deliver(finish(unrouted(routes[routePathOf(c.req.raw)])), c.env),
  );
  app.onError((error, c) => {
    log.error("a request met a defect", {
      path: routePathOf(c.req.raw),
      error,
    });
    return deliver(finish(problem(internal)), c.env);
  });
  return app;
}

function guarded(handlers: MethodHandlers, guard: Guard): MethodHandlers {
  return Object.fromEntries(
    Object.entries(handlers).map(([method, handler]) => [
      method,
      guard(handler),
    ]),
  );
}

const welcome: Answer = {
  status: 200,
  headers: { "content-type": "text/plain; charset=utf-8" },
  body: "ringwalk\r\n",
};

const internal = {
  code: "internal",
  message: "This node met a defect; its log says which.",
} as const;

/** A GET that does what POST does is not safe (RFC 9110, section 9.2.1), so there is no HEAD of it. */
function hasHead({ GET, POST }: MethodHandlers): boolean {
  return GET !== undefined && GET !== POST;
}

/** A known path was asked for in an unknown way, or the path is none. */
function unrouted(handlers: MethodHandlers | undefined): Answer {
  if (!handlers)
    return problem({
      code: "not_found",
      message: "There is nothing at this path; keys are at /db/KEY.",
    });
  const methods = Object.keys(handlers);
  const allow = hasHead(handlers) ? ["HEAD", ...methods] : methods;
  return problem(
    {
      code: "method_not_allowed",
      message: `This path takes ${allow.join(", ")}.`,
    },
    { allow: allow.join(", ") },
  );
}
