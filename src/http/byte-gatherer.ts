/** Bytes that come in chunks, put together as they come: what is held goes by their number, however small the chunks are. */

/** Collects chunks; nothing of a chunk itself is kept. */
interface ByteGatherer {
  add(chunk: Uint8Array): void;
  byteCount(): number;
  /** All bytes so far; it begins anew with none. */
  take(): Uint8Array;
}

const none = new Uint8Array();
const bytesMin = 1024;

/**
 * Empty at first, with room for the bytes that are expected. A list of chunks would cost some hundred bytes for each, and
 * keep alive what each is a view of: whoever sends bytes one by one would have a megabyte cost hundreds.
 */
export function createByteGatherer(bytesExpected = 0): ByteGatherer {
  let buffer = bytesExpected > 0 ? new Uint8Array(bytesExpected) : none;
  let byteCount = 0;

  function grow(bytes: number): void {
    const larger = new Uint8Array(Math.max(bytes, 2 * buffer.length, bytesMin));
    larger.set(buffer.subarray(0, byteCount));
    buffer = larger;
  }

  return {
    add(chunk) {
      const end = byteCount + chunk.byteLength;
      if (end > buffer.length) grow(end);
      buffer.set(chunk, byteCount);
      byteCount = end;
    },
    byteCount: () => byteCount,
    take() {
      // Exactly as long as what it holds: a value that is kept keeps nothing else.
      const bytes =
        byteCount === buffer.length ? buffer : buffer.slice(0, byteCount);
      buffer = none;
      byteCount = 0;
      return bytes;
    },
  };
}
