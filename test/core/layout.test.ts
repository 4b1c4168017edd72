/** What is read off a layout: partitions, walks, quorums, stays (design, sections 2 and 3). */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  changingPartitions,
  isSameSet,
  type Layout,
  memberOf,
  partitionOfKey,
  partitionsOf,
  primaryOf,
  quorumOf,
  replicaIdsOf,
  replicasOf,
  sinceOf,
  systemQuorumOf,
  walkOf,
} from "../../src/core/layout.ts";
import { check } from "./check.ts";
import { anyLayout, founded, memberOf as member } from "./layouts.ts";

const row = (...ids: readonly string[]) =>
  ids.map((text) => ({ id: text.slice(0, 1), since: Number(text.slice(1)) }));

/** Four members, three partitions; `d` keeps nothing yet. */
const stable: Layout = {
  ...founded({ partitionCount: 3, replicaCount: 2 }),
  epoch: 9,
  members: ["a", "b", "c", "d"].map((id) => member(id)),
  system: ["a", "b", "c"],
  table: [row("a1", "b3"), row("c5", "a1"), row("b3", "c5")],
};

/** `d` takes the place of `b` in the first partition, joins as a third in the second, and only the order of the third changes. */
const joint: Layout = {
  ...stable,
  epoch: 10,
  phase: "joint",
  next: {
    members: ["a", "c", "d"].map((id) => member(id)),
    settings: stable.settings,
    system: ["a", "c", "d"],
    joining: [],
    table: [row("d10", "a1"), row("c5", "a1", "d10"), row("c5", "b3")],
  },
};

function forEachPartition(judge: (layout: Layout, partition: number) => void) {
  check(
    fc.property(anyLayout, (layout) => {
      for (let p = 0; p < layout.table.length; p++) judge(layout, p);
    }),
    40,
  );
}

describe("the walk", () => {
  test("is the replicas, then the others clockwise, then those that keep nothing", () => {
    expect(walkOf(stable, 0)).toEqual(["a", "b", "c", "d"]);
    expect(walkOf(stable, 1)).toEqual(["c", "a", "b", "d"]);
    expect(walkOf(stable, 2)).toEqual(["b", "c", "a", "d"]);
  });

  test("in a joint layout is the old replicas, then the added ones (design, section 3)", () => {
    expect(walkOf(joint, 0)).toEqual(["a", "b", "d", "c"]);
    expect(replicaIdsOf(joint, 1)).toEqual(["c", "a", "d"]);
  });

  test("visits every member once, the voters first", () => {
    forEachPartition((layout, partition) => {
      const walk = walkOf(layout, partition);
      expect([...walk].sort()).toEqual(
        layout.members.map(({ id }) => id).sort(),
      );
      const voters = replicaIdsOf(layout, partition);
      expect(walk.slice(0, voters.length)).toEqual(voters);
      expect(walk[0]).toBe(primaryOf(layout, partition));
    });
  });
});

describe("quorums", () => {
  test("are of the table: one set when stable, old and new when joint, one when only the order changes", () => {
    expect(quorumOf(stable, 0)).toEqual([["a", "b"]]);
    expect(quorumOf(joint, 0)).toEqual([
      ["a", "b"],
      ["d", "a"],
    ]);
    expect(quorumOf(joint, 1)).toEqual([
      ["c", "a"],
      ["c", "a", "d"],
    ]);
    expect(quorumOf(joint, 2)).toEqual([["b", "c"]]);
  });

  test("of the decision is the old system, also when joint: a joiner decides nothing before it has arrived", () => {
    expect(systemQuorumOf(stable)).toEqual([["a", "b", "c"]]);
    expect(systemQuorumOf(joint)).toEqual([["a", "b", "c"]]);
  });

  test("are of voters alone, and name each of them", () => {
    forEachPartition((layout, partition) => {
      const named = new Set(quorumOf(layout, partition).flat());
      expect(named).toEqual(new Set(replicaIdsOf(layout, partition)));
    });
  });
});

describe("stays", () => {
  test("`since` is the old side's where the member was a replica, the new side's where it is added, and absent elsewhere", () => {
    expect(sinceOf(joint, 0, "a")).toBe(1);
    expect(sinceOf(joint, 0, "b")).toBe(3);
    expect(sinceOf(joint, 0, "d")).toBe(10);
    expect(sinceOf(joint, 0, "c")).toBeUndefined();
    expect(sinceOf(stable, 0, "d")).toBeUndefined();
  });

  test("a member keeps the partitions in which it votes", () => {
    forEachPartition((layout, partition) => {
      for (const { id } of layout.members) {
        const votes = replicaIdsOf(layout, partition).includes(id);
        expect(sinceOf(layout, partition, id) !== undefined).toBe(votes);
        expect(partitionsOf(layout, id).includes(partition)).toBe(votes);
      }
    });
  });
});

describe("the partitions that change", () => {
  test("are those whose set of replicas does, not their order", () => {
    expect(changingPartitions(joint)).toEqual([0, 1]);
    expect(changingPartitions(stable)).toEqual([]);
  });

  test("are exactly those with two sets to ask", () => {
    forEachPartition((layout, partition) => {
      const isChanging = changingPartitions(layout).includes(partition);
      expect(quorumOf(layout, partition).length).toBe(isChanging ? 2 : 1);
    });
  });
});

describe("look-ups", () => {
  test("a key's partition depends on the seed and the count alone", () => {
    const layout = founded({
      partitionCount: 1024,
      hashSeed: { low: 0x1234_5678, high: 0x9abc_def0 },
    });
    // The frozen points of hash.test.ts.
    expect(partitionOfKey(layout, "a")).toBe(576);
    expect(partitionOfKey(layout, "東京")).toBe(446);
    expect(partitionOfKey({ ...layout, members: [], epoch: 7 }, "a")).toBe(576);
  });

  test("members by id; a partition that is not there is the caller's error", () => {
    expect(memberOf(stable, "c")?.name).toBe("node-c");
    expect(memberOf(stable, "z")).toBeUndefined();
    expect(() => replicasOf(stable, 3)).toThrow("no partition 3");
    expect(() => primaryOf(stable, -1)).toThrow();
  });

  test("sets are the same in any order", () => {
    expect(isSameSet(["a", "b"], ["b", "a"])).toBe(true);
    expect(isSameSet(["a"], ["a", "b"])).toBe(false);
    expect(isSameSet(["a", "c"], ["a", "b"])).toBe(false);
    expect(isSameSet([], [])).toBe(true);
  });
});
