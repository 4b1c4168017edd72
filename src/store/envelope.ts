/** The envelope around every stored record: it makes a torn, damaged or misplaced record an error, never a value. */

import { keyBytesMax } from "../core/limits.ts";
import { crc32c } from "./crc32c.ts";

/*
 *   2  magic "rw"
 *   1  version
 *   2  bytes of the key        big-endian, as all numbers here
 *   4  bytes of the payload
 *   .  key, UTF-8
 *   .  payload
 *   4  CRC-32C of the bucket's name and of all the above
 *
 * The bucket takes part in the checksum and the key stands in the record, so that a record under another name or in
 * another bucket is recognised as foreign.
 */
const magic = 0x7277;
const version = 1;
const headerBytes = 9;
const checksumBytes = 4;

const encoder = new TextEncoder();

/** Where keys and buckets are encoded: an array of their own for each would cost more than the checksum. */
const scratch = new Uint8Array(4 * keyBytesMax);

function encode(text: string): Uint8Array {
  return scratch.subarray(0, encoder.encodeInto(text, scratch).written);
}

const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** A record's bytes as stored; shares no memory with `payload`. */
export function sealRecord(record: {
  readonly bucket: string;
  readonly key: string;
  readonly payload: Uint8Array;
}): Uint8Array<ArrayBuffer> {
  const key = encode(record.key);
  const bodyEnd = headerBytes + key.length + record.payload.length;
  const bytes = new Uint8Array(bodyEnd + checksumBytes);
  const view = new DataView(bytes.buffer);
  view.setUint16(0, magic);
  view.setUint8(2, version);
  view.setUint16(3, key.length);
  view.setUint32(5, record.payload.length);
  bytes.set(key, headerBytes);
  bytes.set(record.payload, headerBytes + key.length);
  view.setUint32(bodyEnd, checksum(record.bucket, bytes.subarray(0, bodyEnd)));
  return bytes;
}

/** What an envelope held, or why it cannot be trusted. */
export type OpenedRecord =
  | {
      readonly kind: "record";
      readonly key: string;
      /** A view into the bytes that were opened. */
      readonly payload: Uint8Array;
    }
  | { readonly kind: "unreadable"; readonly reason: string };

/** Opens stored bytes. The caller compares `key` with the name that it found them under. */
export function openRecord(bucket: string, bytes: Uint8Array): OpenedRecord {
  if (bytes.length === 0) return unreadable("empty");
  if (bytes.length < headerBytes + checksumBytes)
    return unreadable(`torn: ${bytes.length} bytes`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (view.getUint16(0) !== magic) return unreadable("not a ringwalk record");
  if (view.getUint8(2) !== version)
    return unreadable(
      `record version ${view.getUint8(2)}, this ringwalk reads version ${version}`,
    );
  const keyEnd = headerBytes + view.getUint16(3);
  const bodyEnd = keyEnd + view.getUint32(5);
  if (bytes.length !== bodyEnd + checksumBytes)
    return unreadable(
      `torn: ${bytes.length} bytes of ${bodyEnd + checksumBytes}`,
    );
  if (view.getUint32(bodyEnd) !== checksum(bucket, bytes.subarray(0, bodyEnd)))
    return unreadable("checksum differs: damaged, or from another bucket");
  const key = decodeKey(bytes.subarray(headerBytes, keyEnd));
  if (key === undefined) return unreadable("its key is not UTF-8");
  return { kind: "record", key, payload: bytes.subarray(keyEnd, bodyEnd) };
}

function decodeKey(bytes: Uint8Array): string | undefined {
  try {
    return decoder.decode(bytes);
  } catch {
    return undefined;
  }
}

function checksum(bucket: string, body: Uint8Array): number {
  return crc32c(body, crc32c(encode(bucket)));
}

function unreadable(reason: string): OpenedRecord {
  return { kind: "unreadable", reason };
}
