/** The envelope: what was sealed opens, and anything else is unreadable with a reason. */

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { crc32c } from "../../src/store/crc32c.ts";
import { openRecord, sealRecord } from "../../src/store/envelope.ts";
import { hostileKeys } from "../suite/store-hostile-keys.ts";

const record = {
  bucket: "r1/p/00af",
  key: "user:1",
  payload: new TextEncoder().encode("value"),
};

describe("CRC-32C", () => {
  // RFC 3720, appendix B.4, and the check value of the CRC catalogue.
  test.each([
    [new Uint8Array(32), 0x8a9136aa],
    [new Uint8Array(32).fill(0xff), 0x62a8ab43],
    [Uint8Array.from({ length: 32 }, (_, i) => i), 0x46dd794e],
    [Uint8Array.from({ length: 32 }, (_, i) => 31 - i), 0x113fdb5c],
    [new TextEncoder().encode("123456789"), 0xe3069283],
    [new Uint8Array(), 0],
  ])("of the standard's examples", (bytes, expected) => {
    expect(crc32c(bytes)).toBe(expected);
  });

  test("goes on from a seed, and equals the slow way by bits", () => {
    fc.assert(
      fc.property(fc.uint8Array(), fc.uint8Array(), (head, tail) => {
        const whole = Uint8Array.of(...head, ...tail);
        expect(crc32c(tail, crc32c(head))).toBe(crc32c(whole));
        expect(crc32c(whole)).toBe(crcByBits(whole));
      }),
    );
  });
});

describe("a sealed record", () => {
  test("has these bytes in version 1", () => {
    const parts = [
      "7277",
      "01",
      "0006",
      "00000005",
      "757365723a31",
      "76616c7565",
      "7119c4c9",
    ];
    expect(Buffer.from(sealRecord(record)).toString("hex")).toBe(
      parts.join(""),
    );
  });

  test("opens as it was, and shares no memory with what was sealed", () => {
    const anyRecord = fc.record({
      bucket: fc.constantFrom("node", "r1/p/00af"),
      key: fc.constantFrom(...hostileKeys),
      payload: fc.uint8Array({ maxLength: 300 }),
    });
    fc.assert(
      fc.property(anyRecord, ({ bucket, key, payload }) => {
        const sealed = sealRecord({ bucket, key, payload });
        const copy = payload.slice();
        payload.fill(0);
        expect(openRecord(bucket, sealed)).toEqual({
          kind: "record",
          key,
          payload: copy,
        });
      }),
    );
  });

  test("opens from the middle of a larger buffer", () => {
    const sealed = sealRecord(record);
    const around = new Uint8Array(sealed.length + 20);
    around.set(sealed, 7);
    const { payload, key } = record;
    expect(
      openRecord(record.bucket, around.subarray(7, 7 + sealed.length)),
    ).toEqual({ kind: "record", key, payload });
  });
});

describe("what is not as it was sealed is unreadable", () => {
  const sealed = sealRecord(record);
  const reasonOf = (bytes: Uint8Array, bucket = record.bucket) => {
    const opened = openRecord(bucket, bytes);
    return opened.kind === "unreadable" ? opened.reason : undefined;
  };

  test("any bit flipped", () => {
    for (let bit = 0; bit < sealed.length * 8; bit++) {
      const flipped = sealed.slice();
      flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      expect(reasonOf(flipped), `bit ${bit}`).toBeDefined();
    }
  });

  test("any end cut off, zeroed or added to", () => {
    for (let at = 0; at < sealed.length; at++) {
      expect(reasonOf(sealed.slice(0, at))).toMatch(/empty|torn/);
      expect(reasonOf(sealed.slice().fill(0, at))).toBeDefined();
    }
    expect(reasonOf(Uint8Array.of(...sealed, 0))).toMatch(/torn/);
    expect(reasonOf(Uint8Array.of(...sealed, ...sealed))).toMatch(/torn/);
  });

  test("any other bytes", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => {
        expect(reasonOf(bytes)).toBeDefined();
      }),
    );
    expect(reasonOf(new TextEncoder().encode("a text, not a record"))).toBe(
      "not a ringwalk record",
    );
  });

  test("another bucket's, a later version's, and a key that is not UTF-8", () => {
    expect(reasonOf(sealed, "r1/p/00ae")).toMatch(/another bucket/);
    const later = sealed.slice();
    later[2] = 2;
    expect(reasonOf(later)).toMatch(/version 2.* version 1/);

    const notText = sealed.slice();
    notText[9] = 0xff;
    const body = notText.subarray(0, -4);
    const seed = crc32c(new TextEncoder().encode(record.bucket));
    new DataView(notText.buffer).setUint32(body.length, crc32c(body, seed));
    expect(reasonOf(notText)).toMatch(/UTF-8/);
  });
});

function crcByBits(bytes: Uint8Array): number {
  let crc = -1;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++)
      crc = crc & 1 ? (crc >>> 1) ^ 0x82f63b78 : crc >>> 1;
  }
  return ~crc >>> 0;
}
