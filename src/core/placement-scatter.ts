/** Choices between equals: the same everywhere, yet without a pattern, so that each two members share as many partitions. */

/** A number that stands for a set of ids, given in a fixed order: FNV-1a over their UTF-16 units. */
export function seedOf(ids: readonly string[]): number {
  let hash = 0x811c9dc5;
  for (const id of ids)
    for (let index = 0; index <= id.length; index++) {
      // Past the end of an id this mixes in a unit that stands for the gap, so that "ab","c" differs from "a","bc".
      const unit = index < id.length ? id.charCodeAt(index) : 0x10000;
      hash = Math.imul(hash ^ unit, 0x01000193);
    }
  return hash >>> 0;
}

/** An unsigned 32-bit number, the finalizer of MurmurHash3 applied to the pair. */
export function scatter(seed: number, index: number): number {
  let hash = (seed ^ Math.imul(index + 1, 0x9e3779b1)) | 0;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}

/** The numbers below `count`, each once, in an order that depends on the seed. */
export function scatteredOrder(count: number, seed: number): Int32Array {
  const order = Int32Array.from({ length: count }, (_, index) => index);
  for (let last = count - 1; last > 0; last--) {
    const other = scatter(seed, last) % (last + 1);
    const moved = order[last] ?? 0;
    order[last] = order[other] ?? 0;
    order[other] = moved;
  }
  return order;
}
