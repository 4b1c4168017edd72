/** The OpenAPI 3.1 document of the API (https://spec.openapis.org/oas/v3.1.1), made of the described operations. */
import packageJson from "../../../package.json" with { type: "json" };
import type { ProblemCode } from "../status.ts";
import { everywhere, ofTokens } from "./codes.ts";
import { type Json, mapValues } from "./json.ts";
import { componentsOf } from "./json-schema.ts";
import { keyOperations } from "./key-operations.ts";
import { manyKeyOperations } from "./many-key-operations.ts";
import { mediaType } from "./media-type.ts";
import { nodeOperations, peerOperations } from "./node-operations.ts";
import type { Method, Operation, Operations } from "./operation.ts";
import { parameterComponents, parametersOf } from "./parameters.ts";
import {
  headerComponents,
  problemComponents,
  responsesOf,
} from "./responses.ts";
import { ringOperations } from "./ring-operations.ts";
import { schemas } from "./schemas.ts";
import { describeFields } from "./texts.ts";
import { tokenOperations } from "./token-operations.ts";
import { unstorageOperations } from "./unstorage-operations.ts";

/** The same for every node. */
export function openApiDocument(): Json {
  const all = allOperations();
  return {
    openapi: "3.1.1",
    info: {
      title: packageJson.name,
      version: packageJson.version,
      description: about,
      license: { name: packageJson.license, identifier: packageJson.license },
    },
    // Beside the document, wherever that is: a Worker's nodes are below paths of their own.
    servers: [{ url: "." }],
    tags: Object.entries(tags).map(([name, description]) => ({
      name,
      description,
    })),
    paths: pathsOf(all),
    components: {
      schemas: describeFields(componentsOf(schemas)),
      parameters: parameterComponents(all.map(({ operation }) => operation)),
      headers: headerComponents(),
      responses: problemComponents(all.map(codesOf)),
      securitySchemes: { bearer },
    },
  };
}

const operations: Operations = {
  ...nodeOperations,
  ...keyOperations,
  ...manyKeyOperations,
  ...unstorageOperations,
  ...ringOperations,
  ...tokenOperations,
  ...peerOperations,
};

const about =
  "A distributed hash table: any node answers for any key. Errors are application/problem+json with a stable code: 503 nothing was applied, 504 it may have been. A path that there is none of is 404 not_found, a method 405 method_not_allowed.";

const tags = {
  keys: "One key",
  listings: "Many keys",
  unstorage: "The same keys for unstorage's http driver",
  members: "The ring and its members",
  tokens: "Who may do what",
  node: "The node",
  peers: "For nodes alone",
};

const bearer = {
  type: "http",
  scheme: "bearer",
  description:
    "A client token, the admin token, or the ring's secret; requirements name the rights that a token needs. A node that has neither a secret nor an admin token serves everybody on its machine.",
};

interface Placed {
  readonly path: string;
  readonly method: Method | "head";
  readonly operation: Operation;
}

function allOperations(): readonly Placed[] {
  return Object.entries(operations).flatMap(([path, methods]) => {
    const placed = (Object.entries(methods) as [Method, Operation][]).map(
      ([method, operation]): Placed => ({ path, method, operation }),
    );
    const { get } = methods;
    return get && get.hasHead !== false
      ? [...placed, { path, method: "head", operation: headOf(get) } as const]
      : placed;
  });
}

/** The same without a body; there is none of an event stream. */
function headOf(get: Operation): Operation {
  const { id, summary, description: _, ...rest } = get;
  return {
    ...rest,
    id: `${id}Head`,
    summary: `${summary}: the headers alone`,
    answers: mapValues(get.answers, ({ content = {}, ...form }) => {
      const { "text/event-stream": _, ...others } = content;
      return { ...form, content: others };
    }),
  };
}

function pathsOf(all: readonly Placed[]): Json {
  const paths: Record<string, Json> = {};
  for (const { path, method, operation } of all)
    paths[path] = {
      ...paths[path],
      [method]: operationObject({ path, method, operation }),
    };
  return paths;
}

function operationObject(placed: Placed): Json {
  const { path, operation } = placed;
  const { id, tag, summary, description, needs, body } = operation;
  return {
    operationId: id,
    tags: [tag],
    summary,
    ...(description !== undefined && { description }),
    security: securityOf(needs),
    parameters: parametersOf(operation, path),
    ...(body && { requestBody: { content: mapValues(body, mediaType) } }),
    responses: responsesOf(operation, codesOf(placed)),
  };
}

/** Of a scheme other than OAuth's, the list may name what is required (OpenAPI 3.1, section 4.8.30). */
function securityOf(needs: Operation["needs"]): readonly Json[] {
  if (needs === "open") return [];
  return [{ bearer: needs === "peer" ? ["ring secret"] : needs }];
}

/** Everything that it can be refused for. */
function codesOf({ operation, method }: Placed): ReadonlySet<ProblemCode> {
  const { codes, needs } = operation;
  const isGet = method === "get" || method === "head";
  const all: readonly ProblemCode[] = [
    ...codes,
    ...everywhere,
    // What a Worker says when it lost the node's object.
    isGet ? "no_quorum" : "outcome_unknown",
  ];
  if (needs === "open") return new Set(all);
  if (needs === "peer") return new Set([...all, "unauthorized"]);
  const isReading = isGet && needs.every((right) => right === "read");
  return new Set([
    ...all,
    ...ofTokens,
    ...(isReading ? [] : ["cross_site_refused" as const]),
  ]);
}
