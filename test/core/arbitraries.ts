/** Random values of the core's types: `small` ones meet one another often, `any` ones reach every bound of the formats. */
import fc from "fast-check";
import type { Ballot } from "../../src/core/ballot.ts";
import type { Entry } from "../../src/core/entry.ts";
import {
  contentTypeCharactersMax,
  counterMetMax,
  operationIdsMax,
} from "../../src/core/limits.ts";
import { memoryFrom, remember } from "../../src/core/memory.ts";
import {
  type DecidedOperation,
  effects,
} from "../../src/core/memory-format.ts";
import { metadataText } from "../../src/core/metadata.ts";
import type { Register } from "../../src/core/register.ts";

/** Few epochs, counters and proposers, so that two of them are often equal in some part. */
export const smallBallot: fc.Arbitrary<Ballot> = fc.record({
  epoch: fc.nat({ max: 3 }),
  counter: fc.nat({ max: 4 }),
  proposer: fc.constantFrom("", "A", "B", "a"),
});

const idAlphabet = [
  ..."ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_",
];

/** An id as `randomId` draws them. */
export const anyId: fc.Arbitrary<string> = fc.string({
  unit: fc.constantFrom(...idAlphabet),
  minLength: 22,
  maxLength: 22,
});

export const anyBallot: fc.Arbitrary<Ballot> = fc.record({
  epoch: fc.oneof(fc.nat(), fc.maxSafeNat()),
  counter: fc.oneof(
    fc.nat(),
    fc.maxSafeNat().map((counter) => Math.min(counter, counterMetMax)),
  ),
  proposer: fc.oneof(fc.constant(""), anyId),
});

/** Milliseconds as clocks give them, fractions and the far past included. */
export const anyTime: fc.Arbitrary<number> = fc.oneof(
  fc.integer({ min: 1_600_000_000_000, max: 1_900_000_000_000 }),
  // MessagePack's integers know no negative zero.
  fc.double({ min: -1e15, max: 1e15, noNaN: true }).map((time) => time + 0),
  fc.constant(0),
);

/** Finite, of every size. MessagePack's integers know no negative zero. */
export const anyNumber: fc.Arbitrary<number> = fc
  .double({ noNaN: true, noDefaultInfinity: true })
  .map((number) => number + 0);

/** Absent fields are left out, as everywhere in the core. */
const content = fc.record(
  {
    value: fc.option(fc.uint8Array({ maxLength: 64 })),
    contentType: fc.string({
      unit: "binary",
      maxLength: contentTypeCharactersMax / 2,
    }),
    metadata: fc.json().filter((text) => metadataText.test(text)),
    createdAt: anyTime,
    modifiedAt: anyTime,
    expiresAt: anyTime,
  },
  { requiredKeys: ["value", "createdAt", "modifiedAt"] },
);

export { content as anyContent };

/** One of each kind, alike often. */
export const anyEffect = fc.constantFrom(...effects);

export const decidedOperation: fc.Arbitrary<DecidedOperation> = fc.record(
  {
    id: fc.string({ minLength: 1, maxLength: 60 }),
    ballot: anyBallot,
    at: anyTime,
    effect: anyEffect,
    number: anyNumber,
  },
  { requiredKeys: ["id", "ballot", "at", "effect"] },
);

/** Of any history: the operations of one that is long or old enough have dropped others. */
export const anyMemory: fc.Arbitrary<Uint8Array> = fc
  .tuple(
    anyBallot,
    fc.array(decidedOperation, { maxLength: operationIdsMax + 2 }),
  )
  .map(([idsFrom, operations]) =>
    operations.reduce(remember, memoryFrom(idsFrom)),
  );

export const anyEntry: fc.Arbitrary<Entry> = fc
  .tuple(
    content,
    fc.record(
      { revision: anyBallot, touched: anyBallot, memory: anyMemory },
      { requiredKeys: ["revision", "memory"] },
    ),
  )
  .map(([what, past]) => ({ ...what, ...past }));

export const anyRegister: fc.Arbitrary<Register> = fc
  .tuple(anyBallot, anyBallot, fc.option(anyEntry, { nil: undefined }))
  .map(([promised, accepted, entry]) => ({
    promised,
    accepted,
    ...(entry && { entry }),
  }));
