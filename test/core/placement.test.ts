/** Placement by examples: what it does in the cases that people ask about, and a vector that shows when it changes. */
import { describe, expect, it } from "vitest";
import {
  movedReplicas,
  type Placement,
  type PlacementMember,
  place,
} from "../../src/core/placement.ts";
import {
  changedPrimaries,
  pairsInZone,
  primaryBounds,
  primaryCounts,
  replicaCounts,
} from "./placement-twin.ts";

function membersOf(ids: string): readonly PlacementMember[] {
  return [...ids].map((id) => ({ id, weight: 1 }));
}

function grow(
  members: readonly PlacementMember[],
  options: {
    readonly replicaCount?: number;
    readonly partitionCount?: number;
    readonly current?: Placement;
  } = {},
): Placement {
  const { replicaCount = 3, partitionCount = 60, current = [] } = options;
  return place({ partitionCount, replicaCount, members, current });
}

describe("place", () => {
  it("gives the frozen tables, so that no change of it goes unnoticed", () => {
    const lines = (table: Placement) => table.map((ids) => ids.join(""));
    const options = { partitionCount: 8 };
    const founded = grow(membersOf("abcd"), options);
    const joined = grow(membersOf("abcde"), { ...options, current: founded });
    const left = grow(membersOf("acde"), { ...options, current: joined });
    expect(lines(founded)).toMatchInlineSnapshot(`
      [
        "bad",
        "adb",
        "adc",
        "cba",
        "dcb",
        "bdc",
        "dca",
        "cab",
      ]
    `);
    expect(lines(joined)).toMatchInlineSnapshot(`
      [
        "bad",
        "eab",
        "adc",
        "cba",
        "dce",
        "bde",
        "dca",
        "ceb",
      ]
    `);
    expect(lines(left)).toMatchInlineSnapshot(`
      [
        "ead",
        "eac",
        "adc",
        "cea",
        "dce",
        "ade",
        "dca",
        "ced",
      ]
    `);
  });

  it("lets the founder keep every partition", () => {
    const table = grow(membersOf("a"));
    expect(table).toEqual(Array.from({ length: 60 }, () => ["a"]));
  });

  it("makes all members replicas while there are no more than replicas", () => {
    const one = grow(membersOf("a"));
    const three = grow(membersOf("abc"), { current: one });
    expect(replicaCounts(three, membersOf("abc"))).toEqual([60, 60, 60]);
    expect(primaryCounts(three, membersOf("abc"))).toEqual([20, 20, 20]);
    expect(movedReplicas(one, three)).toBe(120);
  });

  it("moves to a fourth member just its share, and makes it primary of just its share", () => {
    const three = grow(membersOf("abc"));
    const four = grow(membersOf("abcd"), { current: three });
    expect(movedReplicas(three, four)).toBe(45);
    expect(changedPrimaries(three, four)).toBe(15);
    expect(replicaCounts(four, membersOf("abcd"))).toEqual([45, 45, 45, 45]);
  });

  it("moves only the replicas of the member that leaves", () => {
    const before = grow(membersOf("abcde"));
    const after = grow(membersOf("abde"), { current: before });
    expect(movedReplicas(before, after)).toBe(36);
    expect(changedPrimaries(before, after)).toBe(12);
    after.forEach((replicas, partition) => {
      const kept = (before[partition] ?? []).filter((id) => id !== "c");
      expect(replicas).toEqual(expect.arrayContaining(kept));
    });
  });

  it.each(["abcd", "abcdefg"])(
    "gives a new id exactly the places of the one it replaces in %s",
    (ids) => {
      const before = grow(membersOf(ids));
      for (const gone of ids) {
        const members = membersOf(`${ids}x`).filter(({ id }) => id !== gone);
        const renamed = before.map((replicas) =>
          replicas.map((id) => (id === gone ? "x" : id)),
        );
        expect(grow(members, { current: before })).toEqual(renamed);
      }
    },
  );

  it("adds replicas without moving any, and drops them without moving any primary", () => {
    const members = membersOf("abcde");
    const one = grow(members, { replicaCount: 1 });
    const three = grow(members, { replicaCount: 3, current: one });
    const two = grow(members, { replicaCount: 2, current: three });
    expect(movedReplicas(one, three)).toBe(120);
    expect(changedPrimaries(one, three)).toBe(0);
    expect(movedReplicas(three, two)).toBe(0);
    expect(changedPrimaries(three, two)).toBe(0);
    expect(replicaCounts(two, members)).toEqual([24, 24, 24, 24, 24]);
  });

  it("ignores members that are gone, and ids that a partition lists twice", () => {
    const current = Array.from({ length: 60 }, () => ["gone", "a", "a", "b"]);
    const table = grow(membersOf("abc"), { current });
    expect(replicaCounts(table, membersOf("abc"))).toEqual([60, 60, 60]);
    expect(movedReplicas(current, table)).toBe(60);
  });
});

describe("weights", () => {
  it("give each member its part of replicas and of primaries", () => {
    const members = [1, 1, 2, 0.5, 0.5, 1].map((weight, index) => ({
      id: `m${index}`,
      weight,
    }));
    const table = grow(members);
    expect(replicaCounts(table, members)).toEqual([30, 30, 60, 15, 15, 30]);
    expect(primaryCounts(table, members)).toEqual([10, 10, 20, 5, 5, 10]);
  });

  it("give a member no more than every partition, and the rest to the others", () => {
    const members = [...membersOf("abcd"), { id: "e", weight: 16 }];
    const table = grow(members);
    expect(replicaCounts(table, members)).toEqual([30, 30, 30, 30, 60]);
    expect(primaryCounts(table, members)).toEqual([3, 3, 3, 3, 48]);
  });

  it("move no more than the shares that changed", () => {
    const before = grow(membersOf("abcdef"));
    const heavier = membersOf("abcdef").map((member) =>
      member.id === "c" ? { ...member, weight: 4 } : member,
    );
    const after = grow(heavier, { current: before });
    expect(replicaCounts(after, heavier)).toEqual([24, 24, 60, 24, 24, 24]);
    expect(movedReplicas(before, after)).toBe(30);
  });

  it("are kept to within one primary where a full member leaves the others less than a partition each", () => {
    const full = { id: "full", weight: 810 };
    const heavy = Array.from({ length: 101 }, (_, index) => ({
      id: `heavy${index}`,
      weight: 3.01,
    }));
    const light = Array.from({ length: 200 }, (_, index) => ({
      id: `light${index}`,
      weight: 0.485,
    }));
    const options = { partitionCount: 401, replicaCount: 2 };
    const current = grow([full, ...heavy], options);
    const members = [full, ...heavy, ...light];
    const table = grow(members, { ...options, current });
    const counts = primaryCounts(table, members);
    const bounds = primaryBounds({ ...options, members, current });
    bounds.forEach(({ least, most }, member) => {
      expect(counts[member]).toBeGreaterThanOrEqual(least - 1);
      expect(counts[member]).toBeLessThanOrEqual(most + 1);
    });
  });
});

describe("zones", () => {
  const inZones = (zones: string) =>
    [...zones].map((zone, index) => ({
      id: `${zone}${index}`,
      weight: 1,
      zone,
    }));

  it.each(["xyz", "xxyyzz", "xxyyzzuu", "xyzuvw", "xxyyzzuuvv"])(
    "all differ within a partition for %s",
    (zones) => {
      const members = inZones(zones);
      expect(pairsInZone(grow(members), members)).toBe(0);
    },
  );

  it("differ again as soon as the shares admit it", () => {
    const lopsided = inZones("xxyyz");
    const before = grow(lopsided);
    // 60 partitions, shares of 36: x and y have 72 replicas each, so 12 partitions too many.
    expect(pairsInZone(before, lopsided)).toBe(24);
    const even = inZones("xxyyzz");
    const after = grow(even, { current: before });
    expect(pairsInZone(after, even)).toBe(0);
  });

  it("give way to the shares", () => {
    const members = inZones("xxxxyz");
    const table = grow(members);
    expect(replicaCounts(table, members)).toEqual([30, 30, 30, 30, 30, 30]);
    expect(pairsInZone(table, members)).toBe(60);
  });

  it("named later are honoured by moving replicas", () => {
    const plain = membersOf("abcdef");
    const before = grow(plain);
    const zoned = plain.map((member, index) => ({
      ...member,
      zone: `z${index % 3}`,
    }));
    expect(pairsInZone(before, zoned)).toBeGreaterThan(0);
    const after = grow(zoned, { current: before });
    expect(pairsInZone(after, zoned)).toBe(0);
  });
});

describe("bad input", () => {
  it.each([
    ["no members", { members: [] }],
    ["an id given twice", { members: membersOf("aba") }],
    ["no partitions", { partitionCount: 0 }],
    ["half a replica", { replicaCount: 0.5 }],
    ["a weight of 0", { members: [{ id: "a", weight: 0 }] }],
    ["a weight that is no number", { members: [{ id: "a", weight: NaN }] }],
    ["a table of another size", { current: [["a"]] }],
  ])("with %s is refused", (_, change) => {
    const good = {
      partitionCount: 4,
      replicaCount: 1,
      members: membersOf("ab"),
      current: [],
    };
    expect(() => place({ ...good, ...change })).toThrow(RangeError);
  });
});

describe("movedReplicas", () => {
  it("counts what is new at its partition, in whatever order", () => {
    const from = [["a", "b"], ["b", "c"], ["c"]];
    const to = [
      ["b", "a"],
      ["c", "a"],
      ["d", "a"],
    ];
    expect(movedReplicas(from, to)).toBe(3);
    expect(movedReplicas([], to)).toBe(6);
  });
});
