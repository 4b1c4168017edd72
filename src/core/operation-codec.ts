/** Operations and their answers on the wire, between the node that a client asked and the coordinator (docs/PROTOCOL.md). */
import * as v from "valibot";
import {
  ballotSchema,
  bytesSchema,
  contentEntries,
  type SchemaOf,
  timeSchema,
  wholeSchema,
} from "./codec.ts";
import { byKind } from "./kind-schema.ts";
import { counterMetMax, operationIdCharactersMax } from "./limits.ts";
import type { Answer, Operation } from "./operation.ts";

const text = v.string();
const flag = v.boolean();
const kind = <const K extends string>(name: K) => v.literal(name);
const option = v.exactOptional;

/** A ballot that its receiver takes note of: its own ballots count on from the highest. */
export const metBallotSchema = v.pipe(
  ballotSchema,
  v.check(({ counter }) => counter <= counterMetMax),
);

const revisions = v.union([v.literal("*"), v.array(text)]);
const conditions = option(
  v.object({ ifMatch: option(revisions), ifNoneMatch: option(revisions) }),
);

/** Well-formed, so that no two ids have the same bytes in an entry's memory. */
const operationId = v.pipe(
  text,
  v.minLength(1),
  v.maxLength(operationIdCharactersMax),
  v.check((id) => id.isWellFormed()),
);

const number = v.pipe(v.number(), v.finite());

/** What a coordinator takes from another node. */
export const operationSchema = byKind([
  v.object({
    kind: kind("put"),
    id: operationId,
    value: bytesSchema,
    contentType: contentEntries.contentType,
    metadata: contentEntries.metadata,
    ttlMs: option(wholeSchema),
    conditions,
  }),
  v.object({ kind: kind("delete"), id: operationId, conditions }),
  v.object({
    kind: kind("increment"),
    id: operationId,
    by: number,
    min: option(number),
    max: option(number),
    ttlMs: option(wholeSchema),
    conditions,
  }),
  v.object({
    kind: kind("touch"),
    id: operationId,
    ttlMs: option(wholeSchema),
    conditions,
  }),
  v.object({
    kind: kind("import"),
    id: operationId,
    entry: v.object(contentEntries),
  }),
  v.object({ kind: kind("refresh"), expire: flag }),
  v.object({ kind: kind("propose"), value: bytesSchema }),
]) satisfies SchemaOf<Operation>;

/** What a coordinator answers. */
export const answerSchema = byKind([
  v.object({
    kind: kind("applied"),
    revision: metBallotSchema,
    created: flag,
    number: option(number),
    expiresAt: option(timeSchema),
  }),
  v.object({
    kind: kind("touched"),
    revision: option(metBallotSchema),
    expiresAt: option(timeSchema),
  }),
  v.object({ kind: kind("not-a-number") }),
  v.object({ kind: kind("out-of-bounds"), number }),
  v.object({ kind: kind("no-such-key") }),
  v.object({
    kind: kind("condition-failed"),
    revision: option(metBallotSchema),
  }),
  v.object({ kind: kind("unchanged") }),
  v.object({ kind: kind("outdated"), highest: metBallotSchema }),
]) satisfies SchemaOf<Answer>;
