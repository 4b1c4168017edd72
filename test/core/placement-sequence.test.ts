/** Placement over the life of a ring: hundreds of changes, one after another, each from the table that the last one left. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  movedReplicas,
  type Placement,
  type PlacementInput,
  type PlacementMember,
  place,
} from "../../src/core/placement.ts";
import {
  fewestNew,
  fewestPairs,
  pairsInZone,
  primaryCounts,
  replicaBounds,
  replicaCounts,
  unfairlyTreated,
} from "./placement-twin.ts";

const seed = 20_261_121;
const changeCount = 200;

interface Change {
  readonly kind: "join" | "leave" | "settings";
  /** Which member leaves. */
  readonly pick: number;
  readonly weight: number;
  readonly zone: string | undefined;
  readonly replicaCount: number;
}

function changes(options: {
  readonly kinds: readonly Change["kind"][];
  readonly weights: readonly number[];
  readonly zones: readonly (string | undefined)[];
}): fc.Arbitrary<readonly Change[]> {
  const change = fc.record({
    kind: fc.constantFrom(...options.kinds),
    pick: fc.nat(),
    weight: fc.constantFrom(...options.weights),
    zone: fc.constantFrom(...options.zones),
    replicaCount: fc.constantFrom(1, 2, 3),
  });
  return fc.array(change, { minLength: changeCount, maxLength: changeCount });
}

/** Places after each change, founding with one member, and shows every step's input and table. */
function live(
  steps: readonly Change[],
  visit: (input: PlacementInput, table: Placement) => void,
): void {
  let members: readonly PlacementMember[] = [{ id: "m0", weight: 1 }];
  let replicaCount = 3;
  let current: Placement = [];
  steps.forEach((change, index) => {
    const { kind, pick, weight, zone } = change;
    if (kind === "settings") replicaCount = change.replicaCount;
    else if (kind === "leave" && members.length > 1)
      members = members.filter((_, at) => at !== pick % members.length);
    else
      members = [
        ...members,
        {
          id: `m${index + 1}`,
          weight,
          ...(zone === undefined ? {} : { zone }),
        },
      ];
    const input = { partitionCount: 256, replicaCount, members, current };
    current = place(input);
    visit(input, current);
  });
}

function bound(input: PlacementInput): number {
  const { partitionCount, replicaCount, members, current } = input;
  const unitCount = partitionCount * Math.min(replicaCount, members.length);
  const counts = replicaCounts(current, members);
  return fewestNew(counts, replicaBounds(input), unitCount);
}

describe("200 joins and leaves", () => {
  const equal = changes({
    kinds: ["join", "join", "join", "leave", "leave"],
    weights: [1],
    zones: [undefined],
  });

  it("leave shares that differ by at most one, and move at most 1.05 times what these make unavoidable", () => {
    fc.assert(
      fc.property(equal, (steps) => {
        live(steps, (input, table) => {
          const { members, current } = input;
          for (const counts of [
            replicaCounts(table, members),
            primaryCounts(table, members),
          ])
            expect(Math.max(...counts) - Math.min(...counts)).toBeLessThan(2);
          const moved = movedReplicas(current, table);
          expect(moved).toBeLessThanOrEqual(1.05 * bound(input));
        });
      }),
      { seed, numRuns: 2, endOnFailure: true },
    );
  });

  it("share a member's partitions with all others, not with few", () => {
    let ringsOfTen = 0;
    fc.assert(
      fc.property(equal, (steps) => {
        live(steps, ({ members }, table) => {
          if (members.length !== 10) return;
          ringsOfTen++;
          for (const { id } of members) {
            const peers = table.filter((ids) => ids.includes(id)).flat();
            const counts = replicaCounts(
              [peers],
              members.filter((member) => member.id !== id),
            );
            // 17 partitions shared with each other member on average; chance alone gives 5 to 35.
            expect(Math.min(...counts)).toBeGreaterThan(1);
            expect(Math.max(...counts)).toBeLessThan(45);
          }
        });
      }),
      { seed, numRuns: 2, endOnFailure: true },
    );
    expect(ringsOfTen).toBeGreaterThan(10);
  });
});

describe("200 changes of members, weights and replica counts", () => {
  it("keep every share", () => {
    const weighted = changes({
      kinds: ["join", "join", "leave", "settings"],
      weights: [1, 1, 2, 0.5, 3.7, 40],
      zones: [undefined],
    });
    fc.assert(
      fc.property(weighted, (steps) =>
        live(steps, (input, table) => {
          expect(unfairlyTreated(input, table)).toEqual([]);
        }),
      ),
      { seed, numRuns: 2, endOnFailure: true },
    );
  });

  it("keep replicas in distinct zones as far as the shares admit", () => {
    const zoned = changes({
      kinds: ["join", "join", "leave", "settings"],
      weights: [1, 1, 1, 2],
      zones: ["x", "y", "z", "u", undefined],
    });
    fc.assert(
      fc.property(zoned, (steps) =>
        live(steps, (input, table) => {
          expect(unfairlyTreated(input, table)).toEqual([]);
          const pairs = pairsInZone(table, input.members);
          expect(pairs).toBe(fewestPairs(input));
        }),
      ),
      { seed, numRuns: 2, endOnFailure: true },
    );
  });
});
