/** Changes of one key as callers ask for them: made into operations, and what became of those into results. */
import { formatBallot } from "../core/ballot.ts";
import { fail, ok, type Result } from "../core/errors.ts";
import { contentTypeCharactersMax } from "../core/limits.ts";
import { metadataError } from "../core/metadata.ts";
import type { ClientOperation, Conditions } from "../core/operation.ts";
import { randomId } from "../core/random.ts";
import type { Random } from "../ports.ts";
import type { ChangeOptions, KeyChanges, PutOptions } from "./change-api.ts";
import type { OperationResult } from "./operations.ts";

/** The answer of an operation that was decided. */
type Decided = Extract<OperationResult, { kind: "committed" }>["answer"];

/** What makes calls into operations, and who executes them. */
export interface KeyChangesParts {
  readonly random: Random;
  /** The ring's limit, now. */
  readonly valueBytesMax: () => number;
  /** Executes an operation that was found to be valid. */
  readonly execute: (
    key: string,
    operation: ClientOperation,
    options: ChangeOptions,
  ) => Promise<Result<Decided>>;
}

/** Refuses without asking anybody: `value_too_large`, `invalid_body` (the content type), `invalid_metadata`. */
export function createKeyChanges(
  parts: KeyChangesParts,
): Omit<KeyChanges, "bound"> {
  return {
    async put(key, value, options = {}) {
      const invalid = putError(value, options, parts.valueBytesMax());
      if (invalid) return invalid;
      const { contentType, metadata } = options;
      const answer = await parts.execute(
        key,
        {
          kind: "put",
          ...commonOf(options, parts),
          value,
          ...(contentType !== undefined && { contentType }),
          ...(metadata !== undefined && { metadata }),
          ...timeToLiveOf(options),
        },
        options,
      );
      if (!answer.ok) return answer;
      if (answer.value.kind !== "applied") return refusalOf(answer.value);
      const { revision, created } = answer.value;
      return ok({ revision, created });
    },
    async delete(key, options = {}) {
      const operation = {
        kind: "delete",
        ...commonOf(options, parts),
      } as const;
      const answer = await parts.execute(key, operation, options);
      if (!answer.ok) return answer;
      const { kind } = answer.value;
      return kind === "applied" || kind === "unchanged"
        ? ok({ existed: kind === "applied" })
        : refusalOf(answer.value);
    },
    async increment(key, options) {
      const { by, min, max } = options;
      const answer = await parts.execute(
        key,
        {
          kind: "increment",
          ...commonOf(options, parts),
          by,
          ...(min !== undefined && { min }),
          ...(max !== undefined && { max }),
          ...timeToLiveOf(options),
        },
        options,
      );
      if (!answer.ok) return answer;
      if (answer.value.kind !== "applied") return refusalOf(answer.value);
      const { kind: _, number, ...counted } = answer.value;
      return number === undefined ? reused : ok({ ...counted, number });
    },
    async touch(key, options = {}) {
      const operation = {
        kind: "touch",
        ...commonOf(options, parts),
        ...timeToLiveOf(options),
      } as const;
      const answer = await parts.execute(key, operation, options);
      if (!answer.ok) return answer;
      if (answer.value.kind !== "touched") return refusalOf(answer.value);
      const { kind: _, ...touched } = answer.value;
      return ok(touched);
    },
  };
}

function commonOf(
  { idempotencyKey, conditions }: ChangeOptions,
  { random }: KeyChangesParts,
): { readonly id: string; readonly conditions?: Conditions } {
  return {
    // Prefixed, so that a caller's key is never taken for an id that a node drew.
    id: idempotencyKey === undefined ? randomId(random) : `k:${idempotencyKey}`,
    ...(conditions && { conditions }),
  };
}

/** In whole milliseconds. */
function timeToLiveOf({ ttlMs }: { readonly ttlMs?: number }) {
  return ttlMs === undefined ? {} : { ttlMs: Math.ceil(ttlMs) };
}

function putError(
  { byteLength }: Uint8Array,
  { contentType = "", metadata }: PutOptions,
  valueBytesMax: number,
) {
  if (byteLength > valueBytesMax)
    return fail(
      "value_too_large",
      `The value has ${byteLength} bytes; this ring takes at most ${valueBytesMax}.`,
    );
  if (contentType.length > contentTypeCharactersMax)
    return fail(
      "invalid_body",
      `A content type has at most ${contentTypeCharactersMax} characters.`,
    );
  return metadata === undefined ? undefined : metadataError(metadata);
}

/** Why nothing was done, by the answer to an operation that would have been answered otherwise. */
function refusalOf(answer: Decided) {
  switch (answer.kind) {
    case "condition-failed":
      return fail(
        "condition_failed",
        "The condition does not hold: read the key and try again with its revision.",
        answer.revision && { revision: formatBallot(answer.revision) },
      );
    case "not-a-number":
      return fail(
        "not_a_number",
        "The value is not the text of a number: nothing was changed.",
      );
    case "out-of-bounds":
      return fail(
        "out_of_bounds",
        `The result is not within min and max, or no number that can be relied on: the value stays ${answer.number}.`,
        { value: answer.number },
      );
    case "no-such-key":
      return fail(
        "no_such_key",
        "There is no such key, and nothing was created.",
      );
    default:
      return reused;
  }
}

/** The key recognised an operation of another kind, of which it remembers no more than its answer. */
const reused = fail(
  "idempotency_key_reused",
  "The Idempotency-Key was used for another operation on this key before; nothing was done. Take a new one.",
);
