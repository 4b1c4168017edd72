/** Registers beside their records: what is remembered of a record is what is in it. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { decodeRegister, encodeRegister } from "../../src/core/codec.ts";
import { cachedRecordBytesMax } from "../../src/core/limits.ts";
import { recordOf, registerIn } from "../../src/node/register-record.ts";
import { anyRegister } from "../core/arbitraries.ts";
import { check } from "../core/check.ts";
import { entry } from "../core/examples.ts";

const ballot = entry.revision;

describe("a register's record", () => {
  test("is its encoding, and is read back without being decoded", () => {
    check(
      fc.property(anyRegister, (register) => {
        const bytes = recordOf(register);
        expect(bytes).toEqual(encodeRegister(register));
        expect(registerIn(bytes)).toEqual(register);
        expect(registerIn(bytes)).toBe(registerIn(bytes));
        expect(registerIn(bytes.slice())).toEqual(decodeRegister(bytes));
      }),
    );
  });

  test("keeps no message alive that a value came in, nor a large value", () => {
    const message = new Uint8Array(1024 * 1024);
    const held = (length: number) => {
      const value = message.subarray(0, length);
      const register = { ...entry, value };
      return recordOf({ promised: ballot, accepted: ballot, entry: register });
    };
    const small = registerIn(held(10))?.entry?.value;
    expect(small?.buffer.byteLength).toBe(10);
    const large = held(cachedRecordBytesMax);
    expect(registerIn(large)).not.toBe(registerIn(large));
    expect(registerIn(large)?.entry?.value?.buffer).toBe(large.buffer);
  });

  test("that is damaged is none each time", () => {
    const bytes = Uint8Array.of(1, 2, 3);
    expect([registerIn(bytes), registerIn(bytes)]).toEqual([
      undefined,
      undefined,
    ]);
  });
});
