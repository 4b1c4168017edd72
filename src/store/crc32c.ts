/** CRC-32C, the checksum of stored records (RFC 3720, appendix B.4), eight bytes a step. */

const polynomial = 0x82f63b78;

/** 8 x 256 entries: entry `k * 256 + b` is the remainder of byte `b` followed by `k` zero bytes. */
const table = makeTable();

/**
 * The checksum of `bytes`; with `seed`, of what gave the seed followed by `bytes`.
 * Two inputs of one length that differ within 32 neighbouring bits never have the same.
 */
export function crc32c(bytes: Uint8Array, seed = 0): number {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const wholeEnd = bytes.length - (bytes.length % 8);
  let crc = ~seed;
  let at = 0;
  for (; at < wholeEnd; at += 8) {
    const low = crc ^ view.getUint32(at, true);
    const high = view.getUint32(at + 4, true);
    crc =
      entry(1792 + (low & 255)) ^
      entry(1536 + ((low >>> 8) & 255)) ^
      entry(1280 + ((low >>> 16) & 255)) ^
      entry(1024 + (low >>> 24)) ^
      entry(768 + (high & 255)) ^
      entry(512 + ((high >>> 8) & 255)) ^
      entry(256 + ((high >>> 16) & 255)) ^
      entry(high >>> 24);
  }
  for (; at < bytes.length; at++)
    crc = (crc >>> 8) ^ entry((crc ^ view.getUint8(at)) & 255);
  return ~crc >>> 0;
}

function entry(index: number): number {
  return table[index] ?? 0;
}

function makeTable(): Uint32Array {
  const entries = new Uint32Array(8 * 256);
  for (let byte = 0; byte < 256; byte++) {
    let crc = byte;
    for (let bit = 0; bit < 8; bit++)
      crc = crc & 1 ? (crc >>> 1) ^ polynomial : crc >>> 1;
    entries[byte] = crc;
  }
  for (let index = 256; index < entries.length; index++) {
    const shorter = entries[index - 256] ?? 0;
    entries[index] = (shorter >>> 8) ^ (entries[shorter & 255] ?? 0);
  }
  return entries;
}
