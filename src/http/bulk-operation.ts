/** A line of `POST /db`: one operation on one key, as JSON. */
import * as v from "valibot";
import { type ErrorCode, fail, ok, type Result } from "../core/errors.ts";
import { contentTypeCharactersMax } from "../core/limits.ts";
import { metadataError } from "../core/metadata.ts";
import { fromBase64 } from "./base64.ts";
import { idempotencyKeyMessage, isIdempotencyKey } from "./idempotency-key.ts";
import {
  areInOrder,
  boundsMessage,
  incrementFields,
  touchFields,
} from "./operation-json.ts";
import { ttlInJson } from "./ttl.ts";

const base64Message = "base64 is base64 (RFC 4648) with its padding.";
const valueMessage = "value is text; other bytes go under base64.";
const textMessage = "value is not valid UTF-8: send its bytes under base64.";
const typeMessage = `contentType has at most ${contentTypeCharactersMax} characters.`;
const conditionMessage =
  "it is * or ETags in double quotes, as the headers If-Match and If-None-Match have them.";

const common = {
  key: v.string("key is text."),
  ifMatch: v.optional(v.string(conditionMessage)),
  ifNoneMatch: v.optional(v.string(conditionMessage)),
};

const change = {
  ...common,
  idempotencyKey: v.optional(
    v.pipe(
      v.string(idempotencyKeyMessage),
      v.check(isIdempotencyKey, idempotencyKeyMessage),
    ),
  ),
  bound: v.optional(v.string("bound is text that the ring has told.")),
  repeated: v.optional(v.literal(true, "repeated is true, or not there.")),
};

const bytes = v.pipe(
  v.string(base64Message),
  v.transform(fromBase64),
  v.instance(Uint8Array, base64Message),
);
const text = v.pipe(
  v.string(valueMessage),
  v.check((value) => value.isWellFormed(), textMessage),
  v.transform((value) => new TextEncoder().encode(value)),
);

/** As text, in the form of the header: what is not ASCII in it is escaped. */
const metadata = v.pipe(
  v.custom<object>(
    (value) =>
      typeof value === "object" && value !== null && !Array.isArray(value),
    "metadata is a JSON object.",
  ),
  v.transform((object) =>
    JSON.stringify(object).replace(
      /[^\x20-\x7e]/g,
      (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`,
    ),
  ),
  v.rawCheck(({ dataset, addIssue }) => {
    const wrong = dataset.typed && metadataError(dataset.value);
    if (wrong) addIssue({ message: wrong.error.message });
  }),
);

const put = v.pipe(
  v.strictObject({
    op: v.literal("put"),
    ...change,
    value: v.optional(text),
    base64: v.optional(bytes),
    contentType: v.optional(
      v.pipe(
        v.string(typeMessage),
        v.maxLength(contentTypeCharactersMax, typeMessage),
      ),
    ),
    ttl: v.optional(ttlInJson),
    metadata: v.optional(metadata),
  }),
  v.check(
    ({ value, base64 }) => (value === undefined) !== (base64 === undefined),
    "a put has value or base64, and not both.",
  ),
  v.transform(({ value, base64, ...line }) => ({
    ...line,
    bytes: value ?? base64 ?? new Uint8Array(),
  })),
);

const get = v.strictObject({
  op: v.literal("get"),
  ...common,
  consistency: v.optional(
    v.picklist(
      ["linearizable", "eventual"],
      "consistency is linearizable or eventual.",
    ),
  ),
});

const increment = v.pipe(
  v.strictObject({ ...incrementFields, ...change }),
  v.check((bounds) => areInOrder(bounds), boundsMessage),
);
const touch = v.strictObject({ ...touchFields, ...change });
const remove = v.strictObject({ op: v.literal("delete"), ...change });

/** What a line may say, field by field; the OpenAPI document shows it, too. */
export const lineSchema = v.variant(
  "op",
  [put, get, remove, increment, touch],
  "op is put, get, delete, increment or touch.",
);

/** A line that was read: bytes decoded, metadata in the form of its header, times to live in seconds. */
export type BulkOperation = v.InferOutput<typeof lineSchema>;

/** Codes of fields that have one of their own. */
const codeOfField: Readonly<Record<string, ErrorCode>> = {
  key: "invalid_key",
  ttl: "invalid_ttl",
  metadata: "invalid_metadata",
  consistency: "invalid_consistency",
  ifMatch: "invalid_condition",
  ifNoneMatch: "invalid_condition",
  idempotencyKey: "invalid_idempotency_key",
  bound: "invalid_bound",
  repeated: "invalid_bound",
};

/** What the line asks for. Keys, conditions and the length of values are looked at where the operation is run. */
export function readBulkLine(line: string): Result<BulkOperation> {
  let json: unknown;
  try {
    json = JSON.parse(line);
  } catch {
    return fail("invalid_body", "The line is not JSON.");
  }
  const { success, output, issues } = v.safeParse(lineSchema, json);
  if (success) return ok(output);
  const [issue] = issues;
  const field = v.getDotPath(issue);
  if (issue.type === "strict_object" && issue.expected === "never")
    return fail(
      "invalid_body",
      `There is no field ${field} in this operation.`,
    );
  const code = codeOfField[field ?? ""] ?? "invalid_body";
  const isTold = field === null || issue.message.startsWith(field);
  return fail(code, isTold ? issue.message : `${field}: ${issue.message}`);
}
