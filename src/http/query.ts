/** Query strings, read strictly: a misspelt or repeated parameter is an error and never silently ignored. */
import * as v from "valibot";
import { type ErrorCode, fail, ok, type Result } from "../core/errors.ts";
import type { KeyOf } from "./access.ts";
import { badEncoding, type FindKey, percentDecode } from "./key-path.ts";

/** `?key=`: keys that a path cannot carry. */
export const keyParameter = v.optional(v.string());

/** Codes of parameters that have one of their own. */
const codeOfParameter: Readonly<Record<string, ErrorCode>> = {
  key: "invalid_key",
  ttl: "invalid_ttl",
  consistency: "invalid_consistency",
  cursor: "invalid_cursor",
};

/**
 * A function that reads and validates the query of a URL by the schemas of `entries`, which get strings, and has them
 * beside it.
 */
export function queryReader<const E extends v.ObjectEntries>(entries: E) {
  const schema = v.strictObject(entries);
  type Query = v.InferOutput<typeof schema>;
  const known = Object.keys(entries).join(", ") || "none";
  const validate = (values: Record<string, string>): Result<Query> => {
    const { success, output, issues } = v.safeParse(schema, values);
    if (success) return ok(output);
    const [issue] = issues;
    const name = String(issue.path?.[0].key);
    return Object.hasOwn(entries, name)
      ? fail(codeOfParameter[name] ?? "invalid_query", issue.message)
      : fail(
          "invalid_query",
          `There is no query parameter ${JSON.stringify(name)} here; known: ${known}.`,
        );
  };
  // Most requests have no query: its result is made once.
  const withoutQuery = validate({});
  // And many that follow one another have the same.
  let last = "";
  let resultOfLast = withoutQuery;
  const read = (url: string): Result<Query> => {
    const start = url.indexOf("?");
    if (start === -1) return withoutQuery;
    const query = url.slice(start + 1);
    if (query === last) return resultOfLast;
    const values = valuesOf(query);
    last = query;
    resultOfLast = values.ok ? validate(values.value) : values;
    return resultOfLast;
  };
  return Object.assign(read, { entries });
}

/** One parameter of a query, read as `queryReader` reads it; absent: there is none of this name. */
export function queryValue(
  url: string,
  name: string,
): Result<string | undefined> {
  const start = url.indexOf("?");
  if (start === -1) return ok(undefined);
  const values = valuesOf(url.slice(start + 1));
  return values.ok ? ok(values.value[name]) : values;
}

/** Where access looks for the key of a request: as its handler does, by `findKey` and the query's `key`. */
export function keyOfRequest(findKey: FindKey): KeyOf {
  return ({ url }) => {
    const key = queryValue(url, "key");
    return key.ok ? findKey(url, key.value) : key;
  };
}

/** Parameters by name, decoded like a form (https://url.spec.whatwg.org, 5.1), but refusing what is not UTF-8. */
function valuesOf(query: string): Result<Record<string, string>> {
  const values: Record<string, string> = Object.create(null);
  const end = query.indexOf("#");
  for (const pair of (end === -1 ? query : query.slice(0, end)).split("&")) {
    if (pair === "") continue;
    const [name, value] = splitPair(pair).map((part) =>
      percentDecode(part.replaceAll("+", " ")),
    );
    if (name === undefined || value === undefined) return badEncoding("query");
    if (name in values)
      return fail(
        "invalid_query",
        `The query has two values for ${JSON.stringify(name)}.`,
      );
    values[name] = value;
  }
  return ok(values);
}

function splitPair(pair: string): [name: string, value: string] {
  const at = pair.indexOf("=");
  return at === -1 ? [pair, ""] : [pair.slice(0, at), pair.slice(at + 1)];
}
