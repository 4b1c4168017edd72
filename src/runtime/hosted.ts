/** The nodes that one Worker hosts: the address of each, and the way of a request to its object. */
import { finish, toResponse } from "../http/answer.ts";
import { pathOf } from "../http/key-path.ts";
import { type Problem, problem } from "../http/problem.ts";
import {
  type Environment,
  isOverloaded,
  type ObjectStub,
} from "./cloudflare.ts";
import type { WorkerSettings } from "./worker-settings.ts";

/** Tells an object which node it is: objects do not learn their names from the platform. Set by the Worker alone. */
export const nodeNameHeader = "ringwalk-node";

/** Which node an object is; it remembers that, as its alarm comes without a request that would tell. */
export interface Place {
  readonly name: string;
  /** The Worker's url, as the settings or else the first request had it. */
  readonly workerUrl: string;
}

const leavePath = "/dht/leave";

/** What stands before a hosted node's paths. */
const prefix = "/nodes/";

/**
 * Where a Worker is reached, by a request that reached it. Whoever comes first may have come without TLS, and the node's
 * peers would send the ring's secret the same way ever after; only a machine of one's own has none.
 */
export function workerUrlOf(request: Pick<Request, "url">): string {
  const { protocol, hostname, host, port } = new URL(request.url);
  const isOwnMachine =
    hostname === "localhost" || /^[\d.]+$|^\[/.test(hostname);
  const scheme = isOwnMachine || port !== "" ? protocol : "https:";
  return `${scheme}//${host}`;
}

/** Where the node is reached, under the url of the Worker. */
export function nodeUrlOf(
  { isHosting }: WorkerSettings,
  { workerUrl, name }: Place,
): string {
  return isHosting ? `${workerUrl}${prefix}${name}` : workerUrl;
}

/** Which node a request is for, and the same request as that node knows it; absent when no such node is hosted. */
export function addressed(
  { nodes, isHosting }: WorkerSettings,
  request: Request,
): { readonly name: string; readonly request: Request } | undefined {
  const [first = ""] = nodes.keys();
  if (!isHosting) return { name: first, request };
  const at = request.url.indexOf("/", 8);
  const path = request.url.slice(at);
  // Whoever does not care which node answers asks the first.
  if (!path.startsWith(prefix)) return { name: first, request };
  const end = /[/?#]/.exec(path.slice(prefix.length))?.index;
  const name = path.slice(prefix.length).slice(0, end);
  if (!nodes.has(name)) return undefined;
  const rest = path.slice(prefix.length + name.length);
  const url =
    request.url.slice(0, at) + (rest.startsWith("/") ? rest : `/${rest}`);
  return { name, request: new Request(url, request) };
}

/** The node's object, which is made where its location hint says when it is first asked. */
export function objectOf(
  { NODE }: Environment,
  { nodes }: WorkerSettings,
  name: string,
): ObjectStub {
  const locationHint = nodes.get(name);
  return NODE.getByName(
    name,
    locationHint === undefined ? {} : { locationHint },
  );
}

/** Has the node's object answer. Whatever the platform does, the answer is one of ringwalk's. */
export async function askObject(
  environment: Environment,
  settings: WorkerSettings,
  { name, request }: { readonly name: string; readonly request: Request },
): Promise<Response> {
  const named = new Request(request);
  named.headers.set(nodeNameHeader, name);
  try {
    // Calls that certainly did not arrive are repeated by the platform itself
    // (https://developers.cloudflare.com/durable-objects/best-practices/automatic-retries/).
    return await objectOf(environment, settings, name).fetch(named);
  } catch (error) {
    return answerOf(failureOf(error, request));
  }
}

/** An answer of the Worker itself. */
export function answerOf(given: Problem): Response {
  return toResponse(finish(problem(given)), undefined);
}

function failureOf(error: unknown, request: Request): Problem {
  if (isOverloaded(error))
    return {
      code: "overloaded",
      message:
        "This node's object has too much to do; nothing was applied. Try again later, or ask another node.",
    };
  return isReading(request)
    ? {
        code: "no_quorum",
        message:
          "This node's object was lost before it answered: ask again, or ask another node.",
      }
    : {
        code: "outcome_unknown",
        message:
          "This node's object was lost before it answered, and may have done what was asked. To ask again is safe with the same Idempotency-Key.",
      };
}

/** `GET /dht/leave` does what `POST` does: PipelineDHT's clients leave by it. */
function isReading({ method, url }: Request): boolean {
  return method === "HEAD" || (method === "GET" && pathOf(url) !== leavePath);
}
