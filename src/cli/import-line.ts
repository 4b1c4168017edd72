/** A line of NDJSON as `import` reads it and `export --plain` writes it: one key with its value. */
import * as v from "valibot";
import type { Metadata } from "../client/api.ts";

/** What a line asks to be stored. */
export interface ImportedKey {
  readonly key: string;
  readonly bytes: Uint8Array;
  readonly contentType?: string;
  readonly ttlSeconds?: number;
  readonly metadata?: Metadata;
}

const base64Message = "base64 is not base64.";

/** Taken as it is: a record of valibot leaves out names such as `constructor`, which a key may have in its metadata. */
export const metadataSchema = v.custom<Metadata>(
  (input) =>
    typeof input === "object" && input !== null && !Array.isArray(input),
  "it is no JSON object.",
);

const lineSchema = v.pipe(
  v.strictObject({
    key: v.string(),
    value: v.optional(v.unknown()),
    base64: v.optional(v.pipe(v.string(), v.base64(base64Message))),
    contentType: v.optional(v.string()),
    ttl: v.optional(v.pipe(v.number(), v.integer(), v.minValue(1))),
    metadata: v.optional(metadataSchema),
    // As `get --json` prints it; a new value gets a revision of its own.
    revision: v.optional(v.string()),
  }),
  v.check(
    (line) => "value" in line !== (line.base64 !== undefined),
    "a line has value or base64, and not both.",
  ),
);

/**
 * Text under `value` is stored as it is; any other JSON under `value` as JSON. Throws an `Error` whose message says
 * what is wrong with the line.
 */
export function parseImportLine(text: string): ImportedKey {
  const { success, output, issues } = v.safeParse(lineSchema, parseJson(text));
  if (!success) throw new Error(describeIssue(issues[0]));
  const { key, value, base64, contentType, ttl, metadata } = output;
  const type = contentType ?? typeOf(value, base64);
  return {
    key,
    bytes: bytesOf(value, base64),
    ...(type !== undefined && { contentType: type }),
    ...(ttl !== undefined && { ttlSeconds: ttl }),
    ...(metadata && { metadata }),
  };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new Error("it is not JSON.");
  }
}

function describeIssue(issue: v.BaseIssue<unknown>): string {
  const place = v.getDotPath(issue);
  return place === null || issue.message.startsWith(place)
    ? issue.message
    : `${place}: ${issue.message}`;
}

function typeOf(value: unknown, base64: string | undefined) {
  if (base64 !== undefined) return undefined;
  return typeof value === "string"
    ? "text/plain;charset=utf-8"
    : "application/json";
}

function bytesOf(value: unknown, base64: string | undefined): Uint8Array {
  if (base64 !== undefined) return Buffer.from(base64, "base64");
  return new TextEncoder().encode(
    typeof value === "string" ? value : JSON.stringify(value),
  );
}
