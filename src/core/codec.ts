/** MessagePack with this project's bounds, and the schemas that several formats share: ballots, entries, registers. */
import { Decoder, Encoder } from "@msgpack/msgpack";
import * as v from "valibot";
import type { Ballot } from "./ballot.ts";
import type { Entry } from "./entry.ts";
import {
  contentTypeCharactersMax,
  counterMax,
  messageTextBytesMax,
  metadataBytesMax,
  valueBytesMax,
} from "./limits.ts";
import { isMemory } from "./memory.ts";
import { metadataText } from "./metadata.ts";
import { isWithinBounds } from "./msgpack-bounds.ts";
import type { Register } from "./register.ts";

const encoder = new Encoder({ ignoreUndefined: true });
const decoder = new Decoder({
  maxBinLength: valueBytesMax,
  maxStrLength: messageTextBytesMax,
});

/** The bytes of a MessagePack value (msgpack.org, spec 2.0), in a buffer of their own; undefined fields are left out. */
export function pack(value: unknown): Uint8Array<ArrayBuffer> {
  return encoder.encode(value);
}

/**
 * The value in `bytes`, its binaries being views into them; absent when they are not one whole MessagePack value, or one
 * that would take far more memory than its bytes.
 */
export function unpack(bytes: Uint8Array): { value: unknown } | undefined {
  if (!isWithinBounds(bytes)) return undefined;
  try {
    return { value: decoder.decode(bytes) };
  } catch {
    return undefined;
  }
}

/** Unpacks and validates; absent when either fails. Fields that the schema does not know are dropped. */
export function parse<Output>(
  schema: v.GenericSchema<unknown, Output>,
  bytes: Uint8Array,
): Output | undefined {
  const unpacked = unpack(bytes);
  if (!unpacked) return undefined;
  const parsed = v.safeParse(schema, unpacked.value, { abortEarly: true });
  return parsed.success ? parsed.output : undefined;
}

/** A schema that takes unknown input and gives a `T`: the compiler checks it against the type it is for. */
export type SchemaOf<T> = v.GenericSchema<unknown, T>;

/** Epochs, counts and times to live: whole, not negative, exact in a double. */
export const wholeSchema = v.pipe(
  v.number(),
  v.safeInteger(),
  v.minValue(0),
) satisfies SchemaOf<number>;

/** An id of a ring, a member, a process or an attempt; nobody reads anything from what it is made of. */
export const idSchema = v.pipe(v.string(), v.minLength(1), v.maxLength(64));

/** Any bytes: values are opaque to us. */
export const bytesSchema = v.instance(Uint8Array);

/** Milliseconds: a clock may give fractions, never an infinity. */
export const timeSchema = v.pipe(v.number(), v.finite());

/** Any ballot. One that its receiver counts on from has a lower bound: `metBallotSchema`. */
export const ballotSchema = v.object({
  epoch: wholeSchema,
  counter: v.pipe(
    v.number(),
    v.integer(),
    v.minValue(0),
    v.maxValue(counterMax),
  ),
  proposer: v.pipe(v.string(), v.regex(/^[\x21-\x7e]{0,22}$/)),
}) satisfies v.GenericSchema<unknown, Ballot>;

/** What an import carries of an entry: the value and its times, not its past in another ring. */
export const contentEntries = {
  value: v.nullable(bytesSchema),
  contentType: v.exactOptional(
    v.pipe(v.string(), v.maxLength(contentTypeCharactersMax)),
  ),
  metadata: v.exactOptional(
    v.pipe(v.string(), v.maxLength(metadataBytesMax), v.regex(metadataText)),
  ),
  createdAt: timeSchema,
  modifiedAt: timeSchema,
  expiresAt: v.exactOptional(timeSchema),
};

/** An entry with a memory that can be read. */
export const entrySchema = v.object({
  ...contentEntries,
  revision: ballotSchema,
  touched: v.exactOptional(ballotSchema),
  memory: v.custom<Uint8Array>(
    (bytes) => bytes instanceof Uint8Array && isMemory(bytes),
  ),
}) satisfies SchemaOf<Entry>;

const registerVersion = 1;

const registerSchema = v.object({
  version: v.literal(registerVersion),
  promised: ballotSchema,
  accepted: ballotSchema,
  entry: v.exactOptional(entrySchema),
}) satisfies SchemaOf<Register>;

/** A register as a store keeps it (record format 1). */
export function encodeRegister(register: Register): Uint8Array<ArrayBuffer> {
  return pack({ version: registerVersion, ...register });
}

/** The inverse of `encodeRegister`; absent when the bytes are not a register of a known format. */
export function decodeRegister(bytes: Uint8Array): Register | undefined {
  const register = parse(registerSchema, bytes);
  if (!register) return undefined;
  const { promised, accepted, entry } = register;
  return { promised, accepted, ...(entry && { entry }) };
}
