/** JSON bodies, validated. */
import * as v from "valibot";
import { fail, ok, type Result } from "../core/errors.ts";

/**
 * A function that parses and validates JSON text, and has its schema beside it; `invalid_body` names the field that is
 * wrong.
 */
export function jsonReader<const S extends v.GenericSchema>(schema: S) {
  const read = (text: string): Result<v.InferOutput<S>> => {
    let value: unknown;
    try {
      value = JSON.parse(text);
    } catch {
      return fail("invalid_body", "The body is not JSON.");
    }
    const { success, output, issues } = v.safeParse(schema, value);
    if (success) return ok(output);
    const [issue] = issues;
    const place = v.getDotPath(issue);
    return fail(
      "invalid_body",
      place === null ? issue.message : `${place}: ${issue.message}`,
    );
  };
  return Object.assign(read, { schema });
}
