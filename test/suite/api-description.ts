/** What the OpenAPI document says of requests and answers, for tests that hold a node to it. */
import Ajv2020 from "ajv/dist/2020.js";
import apiDocument from "../../src/http/openapi.json" with { type: "json" };

export interface Parameter {
  readonly name: string;
  readonly in: "path" | "query" | "header";
  readonly required?: boolean;
  readonly schema: object;
  readonly example?: string | number;
}

export interface MediaType {
  readonly schema: object;
  readonly examples?: Readonly<Record<string, { readonly value: unknown }>>;
  readonly "x-events"?: Readonly<Record<string, object>>;
}

export interface Response {
  readonly headers: Readonly<Record<string, { readonly required?: boolean }>>;
  readonly content?: Readonly<Record<string, MediaType>>;
}

/** An operation with its references followed. */
export interface DescribedOperation {
  readonly id: string;
  readonly method: string;
  readonly path: string;
  /** The rights that it needs; absent: none are. */
  readonly needs?: readonly string[];
  readonly parameters: readonly Parameter[];
  readonly body: Readonly<Record<string, MediaType>>;
  readonly responses: Readonly<Record<string, Response>>;
}

type Json = Record<string, unknown>;

function isObject(value: unknown): value is Json {
  return typeof value === "object" && value !== null;
}

/**
 * The document, closed: it leaves room for fields that are to come, and a test wants to know of each that is there and
 * not described.
 */
const closed: Json = closedOf(structuredClone(apiDocument)) as Json;

function closedOf(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(closedOf);
  if (!isObject(value)) return value;
  const inner = Object.fromEntries(
    Object.entries(value).map(([key, each]) => [
      key,
      // References are to be found from any schema, by the name under which the validator knows the document.
      key === "$ref" ? `api${each}` : closedOf(each),
    ]),
  );
  const isOpen = "properties" in inner && inner.type === "object";
  return isOpen ? { additionalProperties: false, ...inner } : inner;
}

const ajv = new Ajv2020({ strict: false, allErrors: true });
ajv.addSchema(closed, "api");
const validators = new WeakMap<object, ReturnType<typeof ajv.compile>>();

/** Why the value is not what the schema says; empty when it is. */
export function faultsOfValue(
  schema: object,
  value: unknown,
): readonly string[] {
  const validate = validators.get(schema) ?? ajv.compile(schema);
  validators.set(schema, validate);
  if (validate(value)) return [];
  return (validate.errors ?? []).map(
    ({ instancePath, message, params }) =>
      `${instancePath} ${message} ${JSON.stringify(params)}`,
  );
}

function followed(value: unknown): unknown {
  if (!isObject(value) || typeof value.$ref !== "string") return value;
  const path = value.$ref.replace("api#/", "").split("/");
  return path.reduce<unknown>(
    (at, key) => (isObject(at) ? at[key] : undefined),
    closed,
  );
}

function mapValues<T>(object: unknown, change: (value: unknown) => T) {
  return Object.fromEntries(
    Object.entries(isObject(object) ? object : {}).map(([key, value]) => [
      key,
      change(value),
    ]),
  );
}

function operationOf(
  id: string,
  place: Pick<DescribedOperation, "method" | "path">,
  given: Json,
): DescribedOperation {
  const [requirement] = given.security as readonly Record<string, string[]>[];
  return {
    id,
    ...place,
    ...(requirement && { needs: requirement.bearer ?? [] }),
    parameters: (given.parameters as unknown[]).map(followed) as Parameter[],
    body: (isObject(given.requestBody)
      ? given.requestBody.content
      : {}) as DescribedOperation["body"],
    responses: mapValues(given.responses, (response) => {
      const { headers, ...rest } = followed(response) as Json;
      return { ...rest, headers: mapValues(headers, followed) };
    }) as unknown as DescribedOperation["responses"],
  };
}

/** All of them, in the document's order. */
export const describedOperations: readonly DescribedOperation[] =
  Object.entries(closed.paths as Record<string, Record<string, Json>>).flatMap(
    ([path, methods]) =>
      Object.entries(methods).map(([method, given]) =>
        operationOf(
          String(given.operationId),
          { method: method.toUpperCase(), path },
          given,
        ),
      ),
  );

/** Names of headers that mean something, in requests and in answers. */
export const knownHeaders = {
  request: describedOperations
    .flatMap(({ parameters }) => parameters)
    .filter((parameter) => parameter.in === "header")
    .map(({ name }) => name),
  answer: Object.keys((closed.components as Json).headers as Json).filter(
    (name) => !name.endsWith(".always"),
  ),
};

const paths = [...new Set(describedOperations.map(({ path }) => path))];

/** The described path of a request's, the more specific one of two; absent when there is none. */
export function pathFor(target: string): string | undefined {
  const [raw = ""] = target.split(/[?#]/);
  // Both ends name a base.
  const path = raw.startsWith("/unstorage/")
    ? raw.replace(/\/?[/:]$/, "/:")
    : raw;
  const found = paths.filter((each) => patternOf(each).test(path));
  return found.sort((a, b) => literalLength(b) - literalLength(a))[0];
}

function literalLength(path: string): number {
  return path.replace(/\{\w+\}/g, "").length;
}

function patternOf(path: string): RegExp {
  return new RegExp(`^${path.replace(/\{\w+\}/g, ".*")}$`);
}
