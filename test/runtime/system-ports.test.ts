/** The real random source: what it draws in blocks it gives once, in the length that was asked for. */
import { expect, test } from "vitest";
import { systemRandom } from "../../src/runtime/system-ports.ts";

test("random bytes never come twice, whatever lengths they are asked for in", () => {
  const lengths = [16, 22, 4096, 1, 5000, 17];
  const seen = new Set<string>();
  for (let round = 0; round < 300; round++)
    for (const length of lengths) {
      const bytes = systemRandom.bytes(length);
      expect(bytes).toHaveLength(length);
      // What was given is its receiver's alone: later draws do not change it.
      expect(bytes.buffer.byteLength).toBe(length);
      // Windows of eight bytes: by chance two are equal in one of 10^8 runs.
      for (let at = 0; at + 8 <= length; at += 8)
        seen.add(Buffer.from(bytes.subarray(at, at + 8)).toString("hex"));
    }
  const windows = lengths.reduce((sum, length) => sum + (length >> 3), 0);
  expect(seen.size).toBe(300 * windows);
});
