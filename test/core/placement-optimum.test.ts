/** Placement compared with the naive twin: nothing that trying everything finds is better. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  movedReplicas,
  type PlacementInput,
  place,
} from "../../src/core/placement.ts";
import {
  changedPrimaries,
  fewestPairs,
  fewestPrimaryChanges,
  optimum,
  pairsInZone,
  unfairlyTreated,
} from "./placement-twin.ts";

/** Any members, and any table, however unfair: its members may be gone, its partitions too full or too empty. */
function anyInput(options: {
  readonly membersMax: number;
  readonly partitionsMax: number;
  readonly weight: fc.Arbitrary<number>;
}): fc.Arbitrary<PlacementInput> {
  const ids = [..."abcdefghijklmnop"].slice(0, options.membersMax);
  const member = fc.record({
    weight: options.weight,
    zone: fc.constantFrom(undefined, "x", "y", "z"),
  });
  return fc
    .record({
      partitionCount: fc.integer({ min: 1, max: options.partitionsMax }),
      replicaCount: fc.integer({ min: 1, max: 4 }),
      traits: fc.array(member, { minLength: 1, maxLength: ids.length }),
      zoned: fc.boolean(),
    })
    .chain(({ partitionCount, replicaCount, traits, zoned }) => {
      const members = traits.map(({ weight, zone }, index) => ({
        id: ids[index] ?? "",
        weight,
        ...(zoned && zone !== undefined ? { zone } : {}),
      }));
      const replicas = fc.shuffledSubarray([...ids, "gone", "lost"], {
        maxLength: 4,
      });
      const table = fc.array(replicas, {
        minLength: partitionCount,
        maxLength: partitionCount,
      });
      return fc.oneof(fc.constant([]), table).map((current) => ({
        partitionCount,
        replicaCount,
        members,
        current,
      }));
    });
}

const seed = 20_261_121;

describe("placement on small rings", () => {
  const small = anyInput({
    membersMax: 5,
    partitionsMax: 5,
    weight: fc.constantFrom(1, 1, 1, 0.5, 2, 7),
  });

  it("has no more pairs in a zone, and then no more moves, than the best of all tables", () => {
    fc.assert(
      fc.property(small, (input) => {
        const table = place(input);
        expect({
          pairs: pairsInZone(table, input.members),
          moves: movedReplicas(input.current, table),
        }).toEqual(optimum(input));
      }),
      { seed, numRuns: 1000 },
    );
  });

  it("changes no more primaries than the best order of its replicas", () => {
    fc.assert(
      fc.property(small, (input) => {
        const table = place(input);
        const fewest = fewestPrimaryChanges(input, table);
        fc.pre(fewest !== undefined);
        expect(changedPrimaries(input.current, table)).toBe(fewest);
      }),
      { seed, numRuns: 1000 },
    );
  });
});

describe("placement on rings of up to 16 members and 40 partitions", () => {
  const larger = anyInput({
    membersMax: 16,
    partitionsMax: 40,
    weight: fc.oneof(
      fc.constant(1),
      fc.double({ min: 0.01, max: 100, noNaN: true }),
    ),
  });

  it("keeps every member's share of replicas and of primaries", () => {
    fc.assert(
      fc.property(larger, (input) => {
        expect(unfairlyTreated(input, place(input))).toEqual([]);
      }),
      { seed, numRuns: 600 },
    );
  });

  it("gives each partition its number of distinct members", () => {
    fc.assert(
      fc.property(larger, (input) => {
        const { partitionCount, replicaCount, members } = input;
        const table = place(input);
        const ids = new Set(members.map(({ id }) => id));
        const count = Math.min(replicaCount, members.length);
        const wrong = table.filter(
          (replicas) =>
            replicas.length !== count ||
            new Set(replicas).size !== count ||
            !replicas.every((id) => ids.has(id)),
        );
        expect(table).toHaveLength(partitionCount);
        expect(wrong).toEqual([]);
      }),
      { seed, numRuns: 600 },
    );
  });

  it("has as few pairs in a zone as the shares admit", () => {
    fc.assert(
      fc.property(larger, (input) => {
        const pairs = pairsInZone(place(input), input.members);
        expect(pairs).toBe(fewestPairs(input));
      }),
      { seed, numRuns: 600 },
    );
  });

  it("is the same for the members in any order", () => {
    const shuffled = larger.chain((input) =>
      fc
        .shuffledSubarray([...input.members], {
          minLength: input.members.length,
        })
        .map((members) => [input, { ...input, members }] as const),
    );
    fc.assert(
      fc.property(shuffled, ([input, other]) => {
        expect(place(other)).toEqual(place(input));
      }),
      { seed, numRuns: 300 },
    );
  });

  it("leaves its own table as it is", () => {
    fc.assert(
      fc.property(larger, (input) => {
        const table = place(input);
        expect(place({ ...input, current: table })).toEqual(table);
      }),
      { seed, numRuns: 300 },
    );
  });
});
