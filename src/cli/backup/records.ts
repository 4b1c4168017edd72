/** What the lines of a backup say, by kind: docs/decisions/0034-backup.md. */
import * as v from "valibot";
import { metadataSchema } from "../import-line.ts";

/** Of the form described here; another one gets another number. */
export const backupVersion = 1;

const time = v.pipe(v.string(), v.isoTimestamp());
const base64Message = "base64 is not base64.";

const header = v.object({
  ringwalk: v.literal("backup"),
  version: v.number(),
  ringId: v.string(),
  consistency: v.string(),
  prefix: v.optional(v.string()),
  startedAt: time,
});

const entry = v.pipe(
  v.object({
    key: v.string(),
    value: v.optional(v.string()),
    base64: v.optional(v.pipe(v.string(), v.base64(base64Message))),
    contentType: v.optional(v.string()),
    metadata: v.optional(metadataSchema),
    expiresAt: v.optional(time),
    revision: v.string(),
  }),
  v.check(
    ({ value, base64 }) => (value === undefined) !== (base64 === undefined),
    "it has value or base64, and not both.",
  ),
);

const cursor = v.object({ cursor: v.string() });

const end = v.object({
  end: v.literal(true),
  count: v.pipe(v.number(), v.integer()),
  endedAt: time,
});

/** The first line: of which ring, and since when. */
export type BackupHeader = v.InferOutput<typeof header>;
/** A key with its value as it was stored; `expiresAt` is when its time to live ends. */
export type BackupEntry = v.InferOutput<typeof entry>;
/** The last line: how many keys there are. */
export type BackupEnd = v.InferOutput<typeof end>;

/** A line by its kind: the header comes first, the end last, entries and cursors between them. */
export type BackupRecord =
  | { readonly kind: "header"; readonly header: BackupHeader }
  | { readonly kind: "entry"; readonly entry: BackupEntry }
  /** All keys that the listing had up to here are in the lines before it. */
  | { readonly kind: "cursor"; readonly cursor: string }
  | { readonly kind: "end"; readonly end: BackupEnd };

/** The record that a line's JSON is, or what is wrong with it. */
export function recordOf(json: string): BackupRecord | string {
  let object: unknown;
  try {
    object = JSON.parse(json);
  } catch {
    return "it is not JSON.";
  }
  if (typeof object !== "object" || object === null) return "it is no object.";
  if ("ringwalk" in object)
    return parsed(header, object, (header) => ({ kind: "header", header }));
  if ("key" in object)
    return parsed(entry, object, (entry) => ({ kind: "entry", entry }));
  if ("cursor" in object)
    return parsed(cursor, object, (found) => ({ kind: "cursor", ...found }));
  return parsed(end, object, (end) => ({ kind: "end", end }));
}

function parsed<S extends v.GenericSchema>(
  schema: S,
  object: object,
  toRecord: (output: v.InferOutput<S>) => BackupRecord,
): BackupRecord | string {
  const { success, output, issues } = v.safeParse(schema, object);
  if (success) return toRecord(output);
  const [issue] = issues;
  const place = v.getDotPath(issue);
  return place === null ? issue.message : `${place}: ${issue.message}`;
}
