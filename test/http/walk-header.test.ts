/** A walk in a header: ASCII, bounded, and read back as it was. */
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { formatWalk, parseWalk } from "../../src/http/walk-header.ts";
import type { Walk } from "../../src/node/api.ts";

const name = fc
  .string({ unit: "grapheme", minLength: 1, maxLength: 64 })
  .filter((text) => text.isWellFormed());

const walk: fc.Arbitrary<Walk> = fc.record({
  partition: fc.nat(65_535),
  replicaCount: fc.nat(7),
  members: fc.array(name, { maxLength: 16 }),
  steps: fc.array(
    fc.record({
      member: name,
      request: fc.constantFrom("read", "prepare", "accept", "execute"),
      outcome: name,
    }),
    { maxLength: 64 },
  ),
});

test("what is written is read back, and any header can carry it", () => {
  fc.assert(
    fc.property(walk, (walked) => {
      const text = formatWalk(walked);
      expect(text).toMatch(/^[\x20-\x7e]*$/);
      expect(parseWalk(text)).toEqual(walked);
    }),
  );
});

test("a long walk is cut, so that no server refuses the header", () => {
  const members = Array.from({ length: 1000 }, (_, i) => `node-${i}`);
  const step = {
    member: "node-1",
    request: "read",
    outcome: "time-out",
  } as const;
  const steps = Array.from({ length: 1000 }, () => step);
  const text = formatWalk({ partition: 1, replicaCount: 3, members, steps });
  expect(text.length).toBeLessThan(4096);
});

test.each(["", "partition=x", "partition=1; replicas=1; members=a"])(
  "%j is no walk",
  (text) => {
    expect(parseWalk(text)).toBeUndefined();
  },
);
