/** valibot schemas as JSON Schema 2020-12, the dialect of OpenAPI 3.1. */
import {
  type JsonSchema,
  toJsonSchema,
  toJsonSchemaDefs,
} from "@valibot/to-json-schema";
import type * as v from "valibot";

type Config = NonNullable<Parameters<typeof toJsonSchema>[1]>;

const config = {
  target: "draft-2020-12",
  // Numbers of JSON are finite; what a check says stands in the description.
  ignoreActions: ["check", "raw_check", "finite"],
  overrideRef: ({ referenceId }) => referenceTo(referenceId),
  overrideSchema: ({ valibotSchema, jsonSchema }) =>
    // Metadata is the one custom schema.
    valibotSchema.type === "custom" ? { type: "object" } : jsonSchema,
  overrideAction: ({ valibotAction, jsonSchema }) => {
    const { type, requirement } = valibotAction as {
      readonly type: string;
      readonly requirement?: unknown;
    };
    // A character has a byte at least.
    if (type === "max_bytes")
      return { ...jsonSchema, maxLength: Number(requirement) };
    // JSON Schema reads patterns as Unicode (2020-12, section 6.4).
    if (requirement instanceof RegExp)
      return { ...jsonSchema, pattern: requirement.source };
    return undefined;
  },
} as const satisfies Config;

/** The place of a named schema in the document. */
export function referenceTo(name: string): string {
  return `#/components/schemas/${name}`;
}

/** Schemas by name, as what is sent: before anything that a reader makes of it. */
export function componentsOf(
  schemas: Readonly<Record<string, v.GenericSchema>>,
): Readonly<Record<string, JsonSchema>> {
  return toJsonSchemaDefs(schemas, { ...config, typeMode: "input" });
}

/** A parameter, as what its text means. */
export function parameterSchemaOf(schema: v.GenericSchema): JsonSchema {
  const { $schema: _, ...rest } = toJsonSchema(schema, {
    ...config,
    typeMode: "output",
  });
  return rest;
}
