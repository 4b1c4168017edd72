/** The peer protocol on the wire: MessagePack maps, validated here before anything else sees them (docs/PROTOCOL.md). */
import * as v from "valibot";
import {
  entrySchema,
  idSchema,
  pack,
  parse,
  type SchemaOf,
  timeSchema,
  wholeSchema,
} from "./codec.ts";
import type { ErrorCode } from "./errors.ts";
import { keyError } from "./key.ts";
import { byKind } from "./kind-schema.ts";
import { layoutSchema, memberSchema, packLayout } from "./layout-codec.ts";
import {
  batchOperationsMax,
  counterMetMax,
  digestPartitionsMax,
  memberCountMax,
  pageKeysMax,
  partitionCountMax,
} from "./limits.ts";
import {
  type PeerAnswer,
  type PeerBatch,
  type PeerReply,
  type PeerRequest,
  protocolVersion,
} from "./message.ts";
import {
  answerSchema,
  metBallotSchema as ballot,
  operationSchema,
} from "./operation-codec.ts";
import { traceparentText } from "./traceparent.ts";

const text = v.string();
const flag = v.boolean();
const kind = <const K extends string>(name: K) => v.literal(name);
const option = v.exactOptional;

const entry = v.pipe(
  entrySchema,
  v.check(
    ({ revision, touched }) =>
      revision.counter <= counterMetMax &&
      (touched === undefined || touched.counter <= counterMetMax),
  ),
);

const layoutChange = byKind([
  v.object({ kind: kind("join"), member: memberSchema }),
  v.object({ kind: kind("leave"), id: idSchema }),
  v.object({ kind: kind("remove"), id: idSchema }),
  v.object({ kind: kind("replace"), id: idSchema, member: memberSchema }),
  v.object({ kind: kind("update"), member: memberSchema }),
  v.object({ kind: kind("replica-count"), replicaCount: wholeSchema }),
  v.object({ kind: kind("rebalance") }),
]);

const key = v.pipe(
  text,
  v.check((given) => keyError(given) === undefined),
);
const traceparent = option(v.pipe(text, v.regex(traceparentText)));
const address = { area: v.picklist(["key", "system"]), key };
const partition = v.pipe(wholeSchema, v.maxValue(partitionCountMax - 1));

const requestSchema = byKind([
  v.object({ kind: kind("prepare"), ...address, ballot, traceparent }),
  v.object({
    kind: kind("accept"),
    ...address,
    ballot,
    entry,
    next: option(ballot),
    outside: option(flag),
    traceparent,
  }),
  v.object({
    kind: kind("read"),
    ...address,
    withEntry: flag,
    watcher: option(idSchema),
    traceparent,
  }),
  v.object({
    kind: kind("merge"),
    key,
    ballot,
    entry,
    outside: option(flag),
    traceparent,
  }),
  v.object({
    kind: kind("execute"),
    attempt: idSchema,
    key,
    operation: operationSchema,
    after: ballot,
    mayRepeat: flag,
    timeoutMs: wholeSchema,
    traceparent,
  }),
  v.object({
    kind: kind("list"),
    partition,
    after: option(text),
    limit: v.pipe(wholeSchema, v.minValue(1), v.maxValue(pageKeysMax)),
  }),
  v.object({
    kind: kind("digest"),
    partitions: v.pipe(
      v.array(partition),
      v.maxLength(digestPartitionsMax),
      v.check((each) => new Set(each).size === each.length),
    ),
  }),
  v.object({ kind: kind("collect"), key, accepted: ballot }),
  v.object({ kind: kind("inherit"), partition, collectedAt: timeSchema }),
  v.object({
    kind: kind("changed"),
    keys: v.pipe(v.array(key), v.maxLength(batchOperationsMax)),
  }),
  v.object({ kind: kind("ping"), withVitals: option(flag) }),
  v.object({ kind: kind("propose"), change: layoutChange }),
  v.object({ kind: kind("leave") }),
  v.object({
    kind: kind("invite"),
    urls: v.pipe(
      v.array(memberSchema.entries.url),
      v.minLength(1),
      v.maxLength(memberCountMax),
    ),
  }),
  v.object({ kind: kind("switch"), layout: layoutSchema }),
]) satisfies SchemaOf<PeerRequest>;

const errorSchema = v.object({
  code: v.custom<ErrorCode>((code) => typeof code === "string"),
  message: text,
  details: option(v.record(text, v.unknown())),
});

const outcome = byKind([
  v.object({ kind: kind("committed"), answer: answerSchema }),
  v.object({ kind: kind("not-replica") }),
  v.object({ kind: kind("no-quorum") }),
  v.object({ kind: kind("unknown") }),
  v.object({ kind: kind("forgotten") }),
]);

const replySchema = byKind([
  v.object({
    kind: kind("promised"),
    accepted: ballot,
    entry: option(entry),
    floor: ballot,
    collectedAt: timeSchema,
  }),
  v.object({ kind: kind("accepted"), sticky: flag }),
  v.object({ kind: kind("refused"), promised: ballot }),
  v.object({
    kind: kind("state"),
    accepted: ballot,
    entry: option(entry),
    collectedAt: option(timeSchema),
    heldMs: option(wholeSchema),
  }),
  v.object({ kind: kind("merged") }),
  v.object({ kind: kind("held"), accepted: ballot }),
  v.object({ kind: kind("executed"), outcome }),
  v.object({
    kind: kind("page"),
    keys: v.array(
      v.object({
        name: text,
        key: text,
        accepted: ballot,
        isTombstone: flag,
        changedAt: timeSchema,
        expiresAt: option(timeSchema),
      }),
    ),
    collectedAt: timeSchema,
    next: option(text),
  }),
  v.object({ kind: kind("digests"), digests: v.array(text) }),
  v.object({ kind: kind("collected"), removed: flag }),
  v.object({ kind: kind("inherited") }),
  v.object({
    kind: kind("pong"),
    progress: option(
      v.object({
        epoch: wholeSchema,
        partitionsDone: wholeSchema,
        partitionsTotal: wholeSchema,
        keysCopied: wholeSchema,
      }),
    ),
    vitals: option(
      v.object({
        records: wholeSchema,
        bytes: wholeSchema,
        partitionsCounted: wholeSchema,
        operations: wholeSchema,
        operationMs: wholeSchema,
        problem: option(text),
      }),
    ),
  }),
  v.object({ kind: kind("proposed"), epoch: wholeSchema }),
  v.object({ kind: kind("done") }),
  v.object({
    kind: kind("abstained"),
    reason: v.picklist(["unreadable", "not-replica", "store-failed", "later"]),
  }),
  v.object({ kind: kind("error"), error: errorSchema }),
]) satisfies SchemaOf<PeerReply>;

const version = v.literal(protocolVersion);

const batchSchema = v.object({
  version,
  ringId: idSchema,
  epoch: wholeSchema,
  to: idSchema,
  process: option(idSchema),
  requests: v.pipe(v.array(requestSchema), v.maxLength(batchOperationsMax)),
  layout: option(layoutSchema),
}) satisfies SchemaOf<PeerBatch>;

/** In the place of a reply that cannot be understood: the others of its answer are none the worse for it. */
interface UnreadableReply {
  readonly kind: "unreadable";
}

/** An answer as it was received. */
export type ReceivedAnswer =
  | Exclude<PeerAnswer, { kind: "replies" }>
  | {
      readonly kind: "replies";
      readonly replies: readonly (PeerReply | UnreadableReply)[];
    };

const replyOrNot: SchemaOf<PeerReply | UnreadableReply> = replySchema;
const receivedReply = v.fallback(replyOrNot, { kind: "unreadable" });

const peerAnswerSchema = byKind([
  v.object({ version, kind: kind("replies"), replies: v.array(receivedReply) }),
  v.object({ version, kind: kind("stale"), layout: layoutSchema }),
  v.object({ version, kind: kind("behind"), epoch: wholeSchema }),
  v.object({ version, kind: kind("other-process"), process: idSchema }),
]) satisfies SchemaOf<ReceivedAnswer>;

/** The body of `POST /peer`, at this code's protocol version. */
export function encodeBatch(batch: PeerBatch): Uint8Array<ArrayBuffer> {
  const requests = batch.requests.map((request) =>
    request.kind === "switch"
      ? { ...request, layout: packLayout(request.layout) }
      : request,
  );
  return pack({
    version: protocolVersion,
    ...batch,
    requests,
    layout: batch.layout && packLayout(batch.layout),
  });
}

/** Absent when the bytes are not a valid batch of this protocol version. */
export function decodeBatch(bytes: Uint8Array): PeerBatch | undefined {
  return parse(batchSchema, bytes);
}

/** The body of the answer to a batch, at this code's protocol version. */
export function encodeAnswer(answer: PeerAnswer): Uint8Array<ArrayBuffer> {
  return pack({
    version: protocolVersion,
    ...answer,
    ...(answer.kind === "stale" && { layout: packLayout(answer.layout) }),
  });
}

/** Absent when the bytes are not an answer of this protocol version. Of its replies, each is judged by itself. */
export function decodeAnswer(bytes: Uint8Array): ReceivedAnswer | undefined {
  return parse(peerAnswerSchema, bytes);
}
