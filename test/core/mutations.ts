/** Damaged bytes: cut off, flipped, inserted, taken out, repeated, as a broken peer, disk or network would have them. */
import fc from "fast-check";

const damage = fc.record({
  kind: fc.constantFrom("cut", "flip", "set", "insert", "remove", "repeat"),
  at: fc.nat(),
  byte: fc.nat({ max: 255 }),
  length: fc.integer({ min: 1, max: 8 }),
});

type Damage = typeof damage extends fc.Arbitrary<infer T> ? T : never;

/** The bytes after each damage in turn. */
function damaged(bytes: Uint8Array, damages: readonly Damage[]): Uint8Array {
  let result = [...bytes];
  for (const { kind, at: anywhere, byte, length } of damages) {
    const at = anywhere % (result.length + 1);
    switch (kind) {
      case "cut":
        result = result.slice(0, at);
        break;
      case "flip":
        result[at] = (result[at] ?? 0) ^ (1 << (byte % 8));
        break;
      case "set":
        result[at] = byte;
        break;
      case "insert":
        result.splice(at, 0, ...Array.from({ length }, () => byte));
        break;
      case "remove":
        result.splice(at, length);
        break;
      case "repeat":
        result.splice(at, 0, ...result.slice(at, at + length));
        break;
    }
  }
  return Uint8Array.from(result);
}

/** Bytes of `source`, damaged once to four times. */
export function damagedBytes(
  source: fc.Arbitrary<Uint8Array>,
): fc.Arbitrary<Uint8Array> {
  return fc
    .tuple(source, fc.array(damage, { minLength: 1, maxLength: 4 }))
    .map(([bytes, damages]) => damaged(bytes, damages));
}
