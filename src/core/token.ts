/** Client tokens: what one may do, its text, and the record that a ring keeps of it, which never holds the secret. */
import * as v from "valibot";
import {
  bytesSchema,
  pack,
  parse,
  type SchemaOf,
  timeSchema,
} from "./codec.ts";
import { reservedPrefix } from "./key.ts";
import { keyBytesMax, nameCharactersMax } from "./limits.ts";
import { sameDigest, secretDigest } from "./secret.ts";

/** `read`: values, listings, who is in the ring. `write`: change and delete values. `admin`: everything. */
export type Right = "read" | "write" | "admin";

/** Every right that there is; a token has one of them or several. */
export const rights: readonly Right[] = ["read", "write", "admin"];

/** What a token may do. */
export interface TokenGrant {
  readonly rights: readonly Right[];
  /** The keys it is for begin so; absent: it is for all. */
  readonly prefix?: string;
}

/** What the ring keeps of a token, and may tell an operator, but for the digest. */
export interface TokenRecord extends TokenGrant {
  /** For people. */
  readonly name: string;
  /** Milliseconds since 1970. */
  readonly createdAt: number;
  /** Absent: it does not expire. */
  readonly expiresAt?: number;
  /** SHA-256 of the secret part of the token's text. */
  readonly digest: Uint8Array;
}

/** The parts of a token's text, `rw_ID_SECRET`. The id is no secret: it names the token in lists. */
export interface TokenText {
  readonly id: string;
  readonly secret: string;
}

const alphabet = "abcdefghijklmnopqrstuvwxyz234567";
const idCharacters = 16;
/** 160 random bits. */
const secretCharacters = 32;
const tokenText = new RegExp(
  `^rw_([a-z2-7]{${idCharacters}})_([a-z2-7]{${secretCharacters}})$`,
);
const tokenId = new RegExp(`^[a-z2-7]{${idCharacters}}$`);

/** What every token's key begins with. */
export const tokenKeyPrefix = `${reservedPrefix}token/`;

/** The key of a token's register. */
export function tokenKey(id: string): string {
  return tokenKeyPrefix + id;
}

/** Whether the text is made as a token's id is; there may be no such token. */
export function isTokenId(text: string): boolean {
  return tokenId.test(text);
}

/** A new token's parts. */
export function drawToken(random: {
  bytes(count: number): Uint8Array;
}): TokenText {
  const draw = (count: number) =>
    Array.from(random.bytes(count), (byte) => alphabet[byte & 31]).join("");
  return { id: draw(idCharacters), secret: draw(secretCharacters) };
}

/** The text that its bearer sends; nothing keeps it once its maker was told. */
export function formatToken({ id, secret }: TokenText): string {
  return `rw_${id}_${secret}`;
}

/** Absent when the text is no token's. */
export function parseToken(text: string): TokenText | undefined {
  const [, id, secret] = tokenText.exec(text) ?? [];
  return id === undefined || secret === undefined ? undefined : { id, secret };
}

/** Whether the secret is the record's token's, and its time is not over. */
export function isGood(
  { digest, expiresAt }: TokenRecord,
  secret: string,
  now: number,
): boolean {
  const isInTime = expiresAt === undefined || now < expiresAt;
  return sameDigest(digest, secretDigest(secret)) && isInTime;
}

const tokenVersion = 1;
const digestBytes = 32;

const recordSchema = v.object({
  version: v.literal(tokenVersion),
  name: v.pipe(v.string(), v.maxLength(nameCharactersMax)),
  rights: v.array(v.picklist(["read", "write", "admin"])),
  prefix: v.exactOptional(v.pipe(v.string(), v.maxBytes(keyBytesMax))),
  createdAt: timeSchema,
  expiresAt: v.exactOptional(timeSchema),
  digest: v.pipe(
    bytesSchema,
    v.check(({ byteLength }) => byteLength === digestBytes),
  ),
}) satisfies SchemaOf<TokenRecord>;

/** The value of a token's register (format 1). */
export function encodeTokenRecord(
  record: TokenRecord,
): Uint8Array<ArrayBuffer> {
  return pack({ version: tokenVersion, ...record });
}

/** The inverse of `encodeTokenRecord`; absent when the bytes are no record of a known format, and then grant nothing. */
export function decodeTokenRecord(bytes: Uint8Array): TokenRecord | undefined {
  const parsed = parse(recordSchema, bytes);
  if (!parsed) return undefined;
  const { version: _, ...record } = parsed;
  return record;
}
