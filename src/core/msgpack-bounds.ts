/** Reads the headers of a MessagePack value before anything is decoded: what a decoder would have to hold is bounded. */
import { messageDepthMax, messageObjectsMax } from "./limits.ts";

/** A number, a flag or nil: `width` bytes behind the first. */
const scalar = 0;
/** Text or binary: a length of `width` bytes, and as many bytes. */
const bytesKind = 1;
/** A count of `width` bytes, and as many values; in a map twice as many. */
const array = 2;
const map = 3;
/** Not in our formats: extensions, and the one byte that the spec never uses. */
const refused = 4;

/** The kind of a value by its first byte (msgpack.org, spec 2.0, "Formats"). */
const kindOf = new Uint8Array(256);
/** The bytes of its number, length or count behind the first byte; none when the first byte says it all. */
const widthOf = new Uint8Array(256);

kindOf.fill(map, 0x80, 0x90);
kindOf.fill(array, 0x90, 0xa0);
kindOf.fill(bytesKind, 0xa0, 0xc0);
kindOf.fill(refused, 0xc7, 0xca);
kindOf.fill(refused, 0xd4, 0xd9);
for (const [kind, width, ...heads] of [
  [scalar, 1, 0xcc, 0xd0],
  [scalar, 2, 0xcd, 0xd1],
  [scalar, 4, 0xca, 0xce, 0xd2],
  [scalar, 8, 0xcb, 0xcf, 0xd3],
  [bytesKind, 1, 0xc4, 0xd9],
  [bytesKind, 2, 0xc5, 0xda],
  [bytesKind, 4, 0xc6, 0xdb],
  [array, 2, 0xdc],
  [array, 4, 0xdd],
  [map, 2, 0xde],
  [map, 4, 0xdf],
  [refused, 0, 0xc1],
] as const)
  for (const head of heads) {
    kindOf[head] = kind;
    widthOf[head] = width;
  }

/**
 * Whether `bytes` are one whole MessagePack value that is nested at most `messageDepthMax` deep, holds at most
 * `messageObjectsMax` texts, binaries, arrays and maps, and announces no more values than there are bytes for. A
 * decoder makes room for an array when it reads the array's header: unchecked, nested headers of a hundred bytes cost
 * gigabytes.
 */
export function isWithinBounds(bytes: Uint8Array): boolean {
  // How many values are still to come: in the innermost container that is open, in each one around it, and in all.
  let left = 1;
  const leftAround: number[] = [];
  let announced = 1;
  let at = 0;
  let objects = 0;
  while (announced > 0) {
    // Each value takes a byte at least.
    if (announced > bytes.length - at) return false;
    const head = bytes[at++] ?? 0;
    const kind = kindOf[head];
    announced--;
    left--;
    if (kind === scalar) at += widthOf[head] ?? 0;
    else if (kind === refused || ++objects > messageObjectsMax) return false;
    else {
      const size = sizeAt(bytes, at, head);
      at += widthOf[head] ?? 0;
      if (kind === bytesKind) at += size;
      else {
        if (leftAround.length === messageDepthMax) return false;
        leftAround.push(left);
        left = kind === map ? 2 * size : size;
        announced += left;
      }
    }
    while (left === 0 && leftAround.length > 0) left = leftAround.pop() ?? 0;
  }
  return at === bytes.length;
}

/** A length or a count: in the first byte, or as a big-endian number behind it (beyond the end it reads zeros). */
function sizeAt(bytes: Uint8Array, from: number, head: number): number {
  if (head < 0xc0) return head >= 0xa0 ? head & 0x1f : head & 0x0f;
  const end = from + (widthOf[head] ?? 0);
  let size = 0;
  for (let at = from; at < end; at++) size = size * 256 + (bytes[at] ?? 0);
  return size;
}
