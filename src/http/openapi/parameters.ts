/** The parameters of an operation as OpenAPI has them: of the path, the query and the headers. */
import type * as v from "valibot";
import { requestHeaders } from "./headers.ts";
import { type Json, mapValues } from "./json.ts";
import { parameterSchemaOf } from "./json-schema.ts";
import type { Operation } from "./operation.ts";
import { parameterText, pathParameters } from "./texts.ts";

/** References to what `parameterComponents` gives, but for what the path names, and what the operation cannot do without. */
export function parametersOf(
  { query = {}, mustHave = [], headers = [] }: Operation,
  path: string,
): readonly Json[] {
  const inPath = [...path.matchAll(/\{(\w+)\}/g)].map(([, name = ""]) => ({
    name,
    in: "path",
    required: true,
    ...pathParameters[name],
  }));
  const inQuery = Object.entries(query).map(([name, schema]) =>
    mustHave.includes(name)
      ? { ...queryParameter(name, schema), required: true }
      : referenceTo(name),
  );
  return [...inPath, ...inQuery, ...headers.map(referenceTo)];
}

function referenceTo(name: string): Json {
  return { $ref: `#/components/parameters/${name}` };
}

function queryParameter(name: string, schema: v.GenericSchema): Json {
  return {
    name,
    in: "query",
    description: parameterText(name),
    schema: parameterSchemaOf(schema),
  };
}

/** All headers, and all parameters of queries; one name that means two things is a defect. */
export function parameterComponents(operations: Iterable<Operation>): Json {
  const components: Record<string, Json> = {
    ...mapValues(requestHeaders, ({ schema, ...header }, name) => ({
      name,
      in: "header",
      ...header,
      schema: parameterSchemaOf(schema),
    })),
  };
  for (const { query = {} } of operations)
    for (const [name, schema] of Object.entries(query)) {
      const parameter = queryParameter(name, schema);
      const known = components[name] ?? parameter;
      if (JSON.stringify(known) !== JSON.stringify(parameter))
        throw new Error(`${name} means two things`);
      components[name] = parameter;
    }
  return components;
}
