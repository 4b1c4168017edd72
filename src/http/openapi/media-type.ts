/** A body of one media type as OpenAPI has it. */
import { type Json, mapValues } from "./json.ts";
import { referenceTo } from "./json-schema.ts";
import type { Content, Plain } from "./operation.ts";

/** `x-events` are the schemas of the data of an event stream's events, for which OpenAPI 3.1 has no place. */
export function mediaType({
  schema,
  description,
  examples,
  events,
}: Content): Json {
  const shown =
    schema && (isPlain(schema) ? plain[schema] : { $ref: referenceTo(schema) });
  return {
    schema: { ...shown, ...(description !== undefined && { description }) },
    ...(examples && { examples: mapValues(examples, (value) => ({ value })) }),
    ...(events && {
      "x-events": mapValues(events, (name) => ({ $ref: referenceTo(name) })),
    }),
  };
}

const plain: Readonly<Record<Plain, Json>> = {
  text: { type: "string" },
  keys: { type: "array", items: { type: "string" } },
  document: { type: "object", required: ["openapi", "info", "paths"] },
};

function isPlain(name: string): name is Plain {
  return name in plain;
}
