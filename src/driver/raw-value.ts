/** The bytes of what a program gives to `setItemRaw`. */

/**
 * The bytes of a text (UTF-8), a buffer, a view (its own part), a blob, or a stream of bytes. A `TypeError` for anything
 * else: as text it would be lost.
 */
export async function bytesOf(
  value: unknown,
): Promise<Uint8Array<ArrayBuffer>> {
  if (ArrayBuffer.isView(value))
    // Copied, so that a repeated request sends what the first one did.
    return new Uint8Array(
      new Uint8Array(value.buffer, value.byteOffset, value.byteLength),
    );
  if (
    typeof value === "string" ||
    value instanceof ArrayBuffer ||
    value instanceof Blob ||
    value instanceof ReadableStream
  )
    return new Uint8Array(await new Response(value).arrayBuffer());
  throw new TypeError(
    "[ringwalk] setItemRaw takes bytes (a Uint8Array, a buffer, a view, a Blob, a stream) or text: use setItem for other values.",
  );
}
