/** Short ways to use a store in a test. */

import type { Store, Stored } from "../../src/ports.ts";

/** Writes a record, one byte unless told. */
export async function put(
  store: Store,
  bucket: string,
  key: string,
  write: Uint8Array = Uint8Array.of(1),
): Promise<void> {
  await store.update(bucket, key, () => ({ write, result: undefined }));
}

/** Deletes a record. */
export async function remove(store: Store, bucket: string, key: string) {
  await store.update(bucket, key, () => ({ write: null, result: undefined }));
}

/** Adds one to a one-byte counter; its new value. */
export function increment(
  store: Store,
  bucket: string,
  key: string,
): Promise<number> {
  return store.update(bucket, key, (stored) => {
    const count = stored.kind === "absent" ? 0 : (bytesOf(stored)[0] ?? 0);
    return { write: Uint8Array.of(count + 1), result: count + 1 };
  });
}

/** All pages of a bucket; throws when a scan does not advance. */
export async function scanPages(
  store: Store,
  bucket: string,
  { limit = 1000, bytesMax = 2 ** 30 },
) {
  const pages = [];
  let after: string | undefined;
  do {
    const page = await store.scan(bucket, {
      ...(after !== undefined && { after }),
      limit,
      bytesMax,
    });
    pages.push(page.records);
    if (page.next !== undefined && page.next <= (after ?? ""))
      throw new Error(`the scan does not advance: ${page.next}`);
    after = page.next;
  } while (after !== undefined);
  return pages;
}

/** All records of a bucket. */
export async function scanAll(store: Store, bucket: string) {
  return (await scanPages(store, bucket, {})).flat();
}

/** The bytes of a record; throws when there is none. */
export function bytesOf(stored: Stored): Uint8Array {
  if (stored.kind !== "record")
    throw new Error(`expected a record: ${JSON.stringify(stored)}`);
  return stored.bytes;
}

/** The bytes under a key, as numbers. */
export async function readBytes(store: Store, bucket: string, key: string) {
  return [...bytesOf(await store.read(bucket, key))];
}

/** A text as UTF-8. */
export function encode(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

/** UTF-8 as text. */
export function decode(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes);
}
