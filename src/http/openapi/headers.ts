/** Headers that mean something in requests and answers, with a schema and a sentence for each. */
import * as v from "valibot";
import {
  idempotencyKeyCharactersMax,
  metadataBytesMax,
  ttlSecondsMax,
} from "../../core/limits.ts";

interface Header {
  readonly schema: v.GenericSchema;
  readonly description: string;
  readonly example?: string | number;
}

const text = v.string();
const whole = v.pipe(v.number(), v.integer(), v.minValue(0));

/** By the name of the header in lower case. */
export const requestHeaders = {
  "if-match": {
    schema: text,
    description:
      "ETags in double quotes, or *: the operation takes place only if the value is one of these (412 condition_failed).",
  },
  "if-none-match": {
    schema: text,
    description:
      "ETags, or *: the operation takes place only if the value is none of these. A read answers 304 if it is.",
  },
  "idempotency-key": {
    schema: v.pipe(
      v.string(),
      v.minLength(1),
      v.maxLength(idempotencyKeyCharactersMax),
      v.regex(/^[\x21-\x7e]+$/),
    ),
    description:
      "Visible ASCII. An operation that is sent again with the same one is applied once, and answered as the first time.",
    example: "order-7",
  },
  "ringwalk-bound": {
    schema: text,
    description:
      "With an Idempotency-Key: what the newest answer told under this name, the same with every repetition.",
  },
  "ringwalk-repeated": {
    schema: v.literal("1"),
    description:
      "1: the operation was sent before, with the same Idempotency-Key and ringwalk-bound. It is never carried out twice.",
  },
  "ringwalk-metadata": {
    schema: v.pipe(v.string(), v.maxLength(metadataBytesMax)),
    description:
      "A JSON object in ASCII that is kept beside the value; without it the metadata of the key is cleared.",
    example: '{"owner":"ada"}',
  },
  "ringwalk-ring": {
    schema: text,
    description:
      "The id of the ring that is meant: a node of another one refuses (421 wrong_ring).",
  },
  "ringwalk-trace": {
    schema: text,
    description: "1: the answer tells its walk.",
    example: "1",
  },
  "x-request-id": {
    schema: v.pipe(v.string(), v.maxLength(128)),
    description:
      "A name for the request, which its answer and the node's log repeat; without a sane one the node makes one.",
  },
  traceparent: {
    schema: text,
    description:
      "W3C Trace Context: the trace goes along with the operation to every node that has a part in it.",
  },
  "last-event-id": {
    schema: text,
    description:
      "Of an event stream: the id of the last event that the reader has.",
  },
  "x-ttl": {
    schema: v.pipe(v.number(), v.gtValue(0), v.maxValue(ttlSecondsMax)),
    description: "Time to live in seconds, as unstorage sends it.",
    example: 60,
  },
} as const satisfies Readonly<Record<string, Header>>;

/** What an operation may be said to take: a header that nobody describes does not compile. */
export type RequestHeader = keyof typeof requestHeaders;

/** By the name of the header in lower case. */
export const answerHeaders = {
  ringwalk: {
    schema: text,
    description:
      "The version of the peer protocol. Every answer of a node has it; one without it comes from somebody else.",
  },
  "ringwalk-ring": {
    schema: text,
    description: "The id of the node's ring.",
  },
  "x-request-id": {
    schema: text,
    description: "The request's name: its own, or one that the node made.",
  },
  etag: {
    schema: text,
    description: "The revision: it changes when the value does.",
  },
  "ringwalk-modified-at": {
    schema: whole,
    description:
      "When the value, or its time to live, was changed last: milliseconds since 1970.",
  },
  "ringwalk-ttl": {
    schema: whole,
    description:
      "Seconds that are left to the key; absent when it does not expire.",
  },
  "ringwalk-metadata": {
    schema: text,
    description: "The JSON object beside the value; absent when there is none.",
  },
  "ringwalk-bound": {
    schema: text,
    description:
      "For the next operation with an Idempotency-Key; absent in an eventual ring.",
  },
  "ringwalk-consistency": {
    schema: v.literal("eventual"),
    description: "Says that the answer may be stale.",
  },
  "ringwalk-walk": {
    schema: text,
    description: "Where the operation went, if the request asked for it.",
  },
  "last-modified": {
    schema: text,
    description: "ringwalk-modified-at as unstorage reads it.",
  },
  "x-ttl": {
    schema: whole,
    description: "ringwalk-ttl as unstorage reads it.",
  },
  "www-authenticate": {
    schema: text,
    description: "The scheme to use: Bearer.",
  },
  "retry-after": {
    schema: whole,
    description: "Seconds after which to try again.",
  },
} as const satisfies Readonly<Record<string, Header>>;

/** What an answer may be said to carry, likewise. */
export type AnswerHeader = keyof typeof answerHeaders;
