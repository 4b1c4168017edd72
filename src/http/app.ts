/** The node's Hono app: the same on every runtime, a thin shell over a `RingNode`. */
import { type Context, Hono } from "hono";
import { messageBytesMax } from "../core/limits.ts";
import type { Guard, Handler, MethodRoutes, Needs, Route } from "./access.ts";
import { type Answer, finish, toResponse, withHeaders } from "./answer.ts";
import { createAccess } from "./authentication.ts";
import { createBounds } from "./bound.ts";
import { corsFor } from "./cors.ts";
import { holderRoutes } from "./holder-route.ts";
import { createHostCheck } from "./host-check.ts";
import {
  keyInPath,
  keyRoute,
  routePathOf,
  unstorageRoute,
} from "./key-path.ts";
import { keyRoutes } from "./key-routes.ts";
import { loadGuard, loadLimits } from "./load.ts";
import { manyKeys } from "./many-keys.ts";
import { describeApi } from "./openapi-route.ts";
import type { AppOptions } from "./options.ts";
import { showPage, wantsPage } from "./page-route.ts";
import { peerRoutes } from "./peer-route.ts";
import { internal, problem } from "./problem.ts";
import { createRequestIds, withRequestId } from "./request-id.ts";
import { createRequestMeter, type RouteMeter } from "./request-meter.ts";
import { ringGuard } from "./ring-header.ts";
import { ringRoutes } from "./ring-routes.ts";
import { sameSiteGuard } from "./same-site.ts";
import { sightRoutes } from "./sight-routes.ts";
import { tokenRoutes } from "./token-routes.ts";
import { unstorageRoutes } from "./unstorage-routes.ts";

/** Composes the routes of one node. One function delivers; middleware stands before the handlers for CORS alone. */
export function createApp(options: AppOptions): Hono {
  const { log, localUrl, corsOrigins = [] } = options;
  const deliver = options.deliver ?? toResponse;
  const middleware = corsFor(corsOrigins);
  const hostProblem =
    localUrl === undefined ? () => undefined : createHostCheck(localUrl);
  const paths = pathsOf(options);
  const meter = createRequestMeter(options.node.metrics);
  const unknownPath = meter.of("none", "none");
  const ids = createRequestIds();

  const run = async (
    { handler, needs }: Route,
    { answered, begin }: RouteMeter,
    request: Request,
    env: unknown,
  ) => {
    const begunAt = begin();
    const refused = hostProblem(request);
    const given = refused ? problem(refused) : await handler(request, nothing);
    const common = needs === "peer" ? noHeaders : undefined;
    answered(given.status, begunAt);
    // Messages between nodes carry the traces of their operations instead.
    const named =
      needs === "peer" ? given : withRequestId(given, ids.of(request));
    const answer = finish(named, common);
    const isHead = request.method === "HEAD";
    return deliver(isHead ? withoutStream(answer) : answer, envOf(env));
  };
  // What middleware adds to has to be a `Response`: a runtime's faster way goes by what it passed along.
  const envOf = (env: unknown) => (middleware.length > 0 ? undefined : env);
  const refuse = (given: Answer, c: Context) => {
    unknownPath.answered(given.status, unknownPath.begin());
    const answer = withRequestId(given, ids.of(c.req.raw));
    return deliver(finish(answer), envOf(c.env));
  };
  const app = new Hono({ getPath: routePathOf });
  for (const each of middleware) app.use(each);
  for (const [path, routes] of Object.entries(paths))
    for (const [method, route] of Object.entries(routes)) {
      const ofMethod = meter.of(path, method);
      const ofHead = meter.of(path, "HEAD");
      app.on(method, path, (c) => {
        const request = c.req.raw;
        if (request.method !== "HEAD")
          return run(route, ofMethod, request, c.env);
        return hasHead(routes)
          ? run(route, ofHead, request, c.env)
          : refuse(unrouted(routes), c);
      });
    }
  app.notFound((c) => refuse(unrouted(paths[routePathOf(c.req.raw)]), c));
  app.onError((error, c) => {
    const requestId = ids.of(c.req.raw);
    const path = routePathOf(c.req.raw);
    log.error("a request met a defect", { path, requestId, error });
    unknownPath.answered(500, unknownPath.begin());
    const answer = withRequestId(problem(internal), requestId);
    return deliver(finish(answer), envOf(c.env));
  });
  return app;
}

const nothing = { rights: [] };
const noHeaders = {};

type Paths = Readonly<Record<string, MethodRoutes>>;

/** All routes, each behind what it needs. */
function pathsOf(options: AppOptions): Paths {
  const { node, corsOrigins } = options;
  const { clients, peers, bulk } = { ...loadLimits, ...options.load };
  const bounds = createBounds(options);
  const access = createAccess({ ...options, tokens: node.tokens });
  const sameSite = sameSiteGuard(corsOrigins);
  const ofRing = ringGuard(node);
  // Not for what an operator asks: it is under load that the state of a ring has to be seen.
  const withRoom = loadGuard(clients, () => node.settings().valueBytesMax);
  const ofPeers = loadGuard(peers, () => messageBytesMax);

  const admit = ({ needs, handler }: Route, method: string): Handler => {
    const admitted = access.guard(needs)(handler);
    return isChange(needs, method) ? sameSite(admitted) : admitted;
  };
  const within = (guard: Guard, { needs, handler }: Route): Route => ({
    needs,
    handler: guard(handler),
  });
  const open: Paths = {
    "/": {
      GET: {
        needs: "open",
        handler: async (request) =>
          withHeaders(
            wantsPage(request) ? await showPage(options, request) : welcome,
            bounds.headers(),
          ),
      },
    },
    "/openapi.json": { GET: { needs: "open", handler: describeApi } },
  };
  const ofKeys = { ...options, bounds };
  const keys: Paths = {
    [keyRoute]: keyRoutes(ofKeys, keyInPath),
    "/db": manyKeys(ofKeys, bulk),
    "/dht/holders": holderRoutes(options),
    [unstorageRoute]: unstorageRoutes(ofKeys),
  };
  return {
    ...mapRoutes(
      {
        ...open,
        ...ringRoutes(options, ofRing),
        ...sightRoutes(options),
        ...tokenRoutes(options, access),
      },
      admit,
    ),
    // Whoever waits to be recognised has its room, too.
    ...mapRoutes(keys, (route, method) =>
      withRoom(admit(within(ofRing, route), method)),
    ),
    ...mapRoutes(peerRoutes(options), (route, method) =>
      admit(within(ofPeers, route), method),
    ),
  };
}

/** Gives each route another handler; routes that were one stay one. */
function mapRoutes(
  paths: Paths,
  handlerOf: (route: Route, method: string) => Handler,
): Paths {
  const mapped = new Map<Route, Route>();
  const routeOf = (route: Route, method: string): Route => {
    const handler = handlerOf(route, method);
    const known = mapped.get(route) ?? { needs: route.needs, handler };
    mapped.set(route, known);
    return known;
  };
  return Object.fromEntries(
    Object.entries(paths).map(([path, routes]) => [
      path,
      Object.fromEntries(
        Object.entries(routes).map(([method, route]) => [
          method,
          routeOf(route, method),
        ]),
      ),
    ]),
  );
}

/** Whether a page of another site could do harm by it: by everything but the reading of keys and members. */
function isChange(needs: Needs, method: string): boolean {
  if (typeof needs === "string") return false;
  const isReading = needs.rights.every((right) => right === "read");
  return method !== "GET" || !isReading;
}

const welcome: Answer = {
  status: 200,
  headers: { "content-type": "text/plain; charset=utf-8", vary: "accept" },
  body: "ringwalk\r\n",
};

/** A stream that nobody is going to read has to be told so: it may have begun its work, and holds room for it. */
function withoutStream(answer: Answer): Answer {
  if (!(answer.body instanceof ReadableStream)) return answer;
  answer.body.cancel().catch(() => {});
  return { ...answer, body: null };
}

/** A GET that does what POST does is not safe (RFC 9110, section 9.2.1), so there is no HEAD of it. */
function hasHead({ GET, POST }: MethodRoutes): boolean {
  return GET !== undefined && GET !== POST;
}

/** A known path was asked for in an unknown way, or the path is none. */
function unrouted(routes: MethodRoutes | undefined): Answer {
  if (!routes)
    return problem({
      code: "not_found",
      message: "There is nothing at this path; keys are at /db/KEY.",
    });
  const methods = Object.keys(routes);
  const allow = hasHead(routes) ? ["HEAD", ...methods] : methods;
  return problem(
    {
      code: "method_not_allowed",
      message: `This path takes ${allow.join(", ")}.`,
    },
    { allow: allow.join(", ") },
  );
}
