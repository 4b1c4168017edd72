/** Runs one operation of a bulk request, and says how it ended as a line does. */
import type { Ballot } from "../core/ballot.ts";
import type { RingError } from "../core/errors.ts";
import type { ReadValue } from "../node/api.ts";
import type { ChangeOptions } from "../node/change-api.ts";
import type { BulkOperation } from "./bulk-operation.ts";
import { conditionsIn, etagOf, readOutcome } from "./conditional.ts";
import { isEventualRing } from "./consistency-header.ts";
import { patch } from "./key-patch.ts";
import { conditionFailed, notLinearizable } from "./key-read.ts";
import type { KeyOptions } from "./options.ts";
import { ringRefusal, servesRing } from "./ring-header.ts";
import { type ProblemCode, statusOfCode } from "./status.ts";
import { ttlSecondsOf } from "./ttl.ts";
import { type ValueFields, valueFields } from "./value-fields.ts";

/** What a line says of its operation; the status is that of the same operation as a request of its own. */
export type Outcome =
  | ({ readonly status: 200 } & Partial<ValueFields>)
  /** An increment. */
  | {
      readonly status: 200;
      readonly etag?: string;
      readonly value: number;
      readonly ttl?: number;
    }
  /** An eventual read, which says so. */
  | ({ readonly status: 200; readonly consistency: "eventual" } & ValueFields)
  | { readonly status: 304; readonly etag: string }
  /** A get of a key that is missing. */
  | { readonly status: 404 }
  | {
      readonly status: number;
      readonly code: ProblemCode;
      readonly detail: string;
      readonly details?: RingError["details"];
      /** The bound to begin anew with, where the operation's is outdated. */
      readonly bound?: string;
    };

type Parts = Pick<KeyOptions, "node" | "clock" | "bounds">;

/** Runs it if the node is still in the ring that the request is for. Never rejects but for a defect. */
export async function runBulkOperation(
  parts: Parts,
  ringId: string,
  operation: BulkOperation,
): Promise<Outcome> {
  const { node } = parts;
  if (!servesRing(node, ringId)) return failure(ringRefusal(node));
  const outcome = await run(parts, operation);
  if (servesRing(node, ringId)) return withBound(parts, outcome);
  // It went to another ring meanwhile: nobody can tell which of them this is of.
  return failure(operation.op === "get" ? ringRefusal(node) : unknown);
}

function withBound({ bounds }: Parts, outcome: Outcome): Outcome {
  const isOutdated = "code" in outcome && outcome.code === "bound_outdated";
  const bound = isOutdated ? bounds.text() : undefined;
  return bound === undefined ? outcome : { ...outcome, bound };
}

const unknown = {
  code: "outcome_unknown",
  message:
    "The node went to another ring meanwhile: the operation may or may not have taken place. Repeat it with the same idempotencyKey at a node of the ring, or read the key.",
} as const;

async function run(parts: Parts, operation: BulkOperation): Promise<Outcome> {
  const { node, bounds } = parts;
  const conditions = conditionsIn(operation);
  if (!conditions.ok) return failure(conditions.error);
  const { key } = operation;
  if (operation.op === "get") return read(parts, operation);
  const { idempotencyKey, bound, repeated = false } = operation;
  const past = bounds.read({
    bound,
    isRepetition: repeated,
    isKeyed: idempotencyKey !== undefined,
  });
  if (!past.ok) return failure(past.error);
  const options: ChangeOptions = {
    ...past.value,
    ...(conditions.value && { conditions: conditions.value }),
    ...(idempotencyKey !== undefined && { idempotencyKey }),
  };
  if (operation.op === "delete") {
    const deleted = await node.delete(key, options);
    return deleted.ok ? { status: 200 } : failure(deleted.error);
  }
  if (operation.op !== "put") {
    const patched = await patch(node, key, operation, options);
    return patched.ok
      ? patchedOf(patched.value, parts.clock.now())
      : failure(patched.error);
  }
  const { bytes, contentType, metadata, ttl } = operation;
  const written = await node.put(key, bytes, {
    ...options,
    ...(contentType !== undefined && contentType !== "" && { contentType }),
    ...(metadata !== undefined && { metadata }),
    ...(ttl !== undefined && { ttlMs: ttl * 1000 }),
  });
  return written.ok
    ? { status: 200, etag: etagOf(written.value.revision) }
    : failure(written.error);
}

/** What a PATCH answers, in its headers and its body. */
function patchedOf(
  {
    revision,
    expiresAt,
    number,
  }: {
    readonly revision?: Ballot | undefined;
    readonly expiresAt?: number;
    readonly number?: number;
  },
  now: number,
): Outcome {
  const etag = revision && { etag: etagOf(revision) };
  const ttl = expiresAt !== undefined && { ttl: ttlSecondsOf(expiresAt, now) };
  return number === undefined
    ? { status: 200, ...etag, ...ttl }
    : { status: 200, ...etag, value: number, ...ttl };
}

async function read(
  { node, clock }: Parts,
  operation: Extract<BulkOperation, { op: "get" }>,
): Promise<Outcome> {
  const { key, consistency } = operation;
  if (consistency === "linearizable" && isEventualRing(node))
    return failure(notLinearizable.error);
  const found = await node.get(key, consistency && { consistency });
  if (!found.ok) return failure(found.error);
  const conditions = conditionsIn(operation);
  const outcome =
    conditions.ok && readOutcome(conditions.value, found.value?.revision);
  if (outcome === "condition-failed") return failure(conditionFailed.error);
  if (!found.value) return { status: 404 };
  if (outcome === "not-modified")
    return { status: 304, etag: etagOf(found.value.revision) };
  return foundOf(found.value, clock.now(), consistency);
}

function foundOf(
  found: ReadValue,
  now: number,
  consistency: "linearizable" | "eventual" | undefined,
): Outcome {
  const fields = valueFields(found, now);
  return consistency === "eventual"
    ? { status: 200, consistency, ...fields }
    : { status: 200, ...fields };
}

/** An error as a line tells it: the same as `application/problem+json`. */
export function failure(error: {
  readonly code: ProblemCode;
  readonly message: string;
  readonly details?: RingError["details"];
}): Outcome {
  const { code, message, details } = error;
  return {
    status: statusOfCode[code],
    code,
    detail: message,
    ...(details && { details }),
  };
}
