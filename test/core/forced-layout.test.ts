/** The first layout of a ring that an operator founds by force from the nodes that are left (design, section 3). */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  forcedLayout,
  isServable,
  partitionsInDoubt,
} from "../../src/core/forced-layout.ts";
import { type Layout, replicasOf } from "../../src/core/layout.ts";
import { jointLayout } from "../../src/core/layout-change.ts";
import { systemSizeMax } from "../../src/core/limits.ts";
import { check } from "./check.ts";
import { anyLayout, begun, memberOf, ringOf } from "./layouts.ts";

interface Disaster {
  readonly layout: Layout;
  /** Those that are left, at least one. */
  readonly alive: readonly string[];
}

const disaster: fc.Arbitrary<Disaster> = fc
  .tuple(anyLayout, fc.array(fc.boolean(), { maxLength: 16 }))
  .map(([layout, fates]) => {
    const ids = layout.members.map(({ id }) => id);
    const alive = ids.filter((_, index) => fates[index]);
    return { layout, alive: alive.length > 0 ? alive : ids.slice(0, 1) };
  });

function forEachDisaster(
  judge: (disaster: Disaster, forced: Layout) => void,
): void {
  check(
    fc.property(disaster, (one) => {
      judge(one, forcedLayout(one.layout, one.alive, "ring-2"));
    }),
    80,
  );
}

describe("a forced layout", () => {
  test("is a new ring's, stable, above the epoch that it replaces, with the same settings", () => {
    forEachDisaster(({ layout }, forced) => {
      expect(forced).toMatchObject({
        ringId: "ring-2",
        epoch: layout.epoch + 1,
        phase: "stable",
      });
      expect(forced.settings).toBe(layout.settings);
      expect(forced).not.toHaveProperty("next");
    });
  });

  test("keeps every row that has a living majority as it is, the dead in it too: no quorum shrinks without need", () => {
    forEachDisaster(({ layout, alive }, forced) => {
      for (const [partition, row] of layout.table.entries()) {
        const left = row.filter(({ id }) => alive.includes(id));
        const kept = replicasOf(forced, partition);
        if (left.length * 2 > row.length) expect(kept).toBe(row);
        else if (left.length > 0) expect(kept).toEqual(left);
        else {
          // Nobody is left who had it: it begins empty, so that no old state of an earlier stay comes back.
          expect(kept).toHaveLength(1);
          expect(alive).toContain(kept[0]?.id);
          expect(kept[0]?.since).toBe(forced.epoch);
        }
      }
    });
  });

  test("is decided by the living alone, and can go on with them", () => {
    forEachDisaster(({ alive }, forced) => {
      expect(forced.system.length).toBe(Math.min(systemSizeMax, alive.length));
      for (const id of forced.system) expect(alive).toContain(id);
      expect(isServable(forced, alive)).toBe(true);
    });
  });

  test("lists the living, and of the dead those that keep a row: they are removed by ordinary changes", () => {
    forEachDisaster(({ layout, alive }, forced) => {
      const keeping = new Set(forced.table.flat().map(({ id }) => id));
      const expected = layout.members.filter(
        ({ id }) => alive.includes(id) || keeping.has(id),
      );
      expect(forced.members).toEqual(expected);
      for (const { id } of forced.members.filter(
        (member) => !alive.includes(member.id),
      ))
        expect(jointLayout(forced, { kind: "remove", id }).ok).toBe(true);
    });
  });

  test("is in doubt about exactly the partitions without a living majority", () => {
    forEachDisaster(({ layout, alive }, forced) => {
      const expected = layout.table.flatMap((row, partition) =>
        row.filter(({ id }) => alive.includes(id)).length * 2 > row.length
          ? []
          : [partition],
      );
      expect(partitionsInDoubt(layout, forced)).toEqual(expected);
    });
  });
});

describe("a force", () => {
  const ring = ringOf(["a", "b", "c", "d"]);

  test("is not needed while every row and the system have a living majority", () => {
    expect(isServable(ring, ["a", "b", "c"])).toBe(true);
    expect(isServable(ring, ["a", "b"])).toBe(false);
    expect(isServable(ringOf(["a", "b"]), ["a"])).toBe(false);
  });

  test("of a joint layout goes by the old replicas, which hold all that was acknowledged", () => {
    const joint = begun(ring, { kind: "join", member: memberOf("e") });
    const forced = forcedLayout(joint, ["a", "b", "c", "d", "e"], "ring-2");
    expect(forced.table).toEqual(ring.table);
    expect(partitionsInDoubt(joint, forced)).toEqual([]);
  });
});
