/** Each kind of membership change, and when it is refused (design, section 3). */
import { describe, expect, test } from "vitest";
import {
  changingPartitions,
  type Layout,
  memberOf as listed,
  replicasOf,
} from "../../src/core/layout.ts";
import {
  jointLayout,
  type LayoutChange,
  stableLayout,
  undoneLayout,
} from "../../src/core/layout-change.ts";
import { memberCountMax } from "../../src/core/limits.ts";
import { begun, changed, founded, memberOf, ringOf } from "./layouts.ts";

const idsOf = (layout: Pick<Layout, "members">) =>
  layout.members.map(({ id }) => id);
const replicas = (layout: Layout, partition: number) =>
  replicasOf(layout, partition).map(({ id }) => id);

describe("each change", () => {
  const ring = ringOf(["a", "b", "c", "d"]);

  test("join: the member is there, and gets a share", () => {
    const after = changed(ring, { kind: "join", member: memberOf("e") });
    expect(idsOf(after)).toEqual(["a", "b", "c", "d", "e"]);
    const share = after.table.filter((row) => row.some(({ id }) => id === "e"));
    // 12 partitions of 3 replicas among 5: 7 or 8 each.
    expect(share.length).toBeGreaterThanOrEqual(7);
  });

  test.each(["leave", "remove"] as const)(
    "%s: the member keeps nothing, and is in the joint layout still",
    (kind) => {
      const change: LayoutChange = { kind, id: "b" };
      expect(idsOf(begun(ring, change))).toEqual(["a", "c", "d", "b"]);
      const after = changed(ring, change);
      expect(idsOf(after)).toEqual(["a", "c", "d"]);
      expect(after.table.flat().some(({ id }) => id === "b")).toBe(false);
    },
  );

  test("replace: the new member takes exactly the places of the old one, whose share alone is copied", () => {
    const member = memberOf("z", { name: "node-b" });
    const joint = begun(ring, { kind: "replace", id: "b", member });
    const after = stableLayout(joint, () => true);
    after.table.forEach((row, partition) => {
      const expected = replicas(ring, partition).map((id) =>
        id === "b" ? "z" : id,
      );
      expect(new Set(row.map(({ id }) => id))).toEqual(new Set(expected));
    });
    expect(changingPartitions(joint)).toEqual(
      ring.table.flatMap((row, p) =>
        row.some(({ id }) => id === "b") ? [p] : [],
      ),
    );
    expect(idsOf(after)).not.toContain("b");
  });

  test("update: the record alone changes, nothing moves", () => {
    const member = memberOf("b", { url: "https://elsewhere.example" });
    const joint = begun(ring, { kind: "update", member });
    expect(changingPartitions(joint)).toEqual([]);
    // Known at once, for it is at the new url that the member is reached.
    expect(listed(joint, "b")).toEqual(member);
    const after = stableLayout(joint, () => false);
    expect(listed(after, "b")).toEqual(member);
    expect(after.table.map((row) => row.map(({ id }) => id))).toEqual(
      ring.table.map((row) => row.map(({ id }) => id)),
    );
  });

  test("update of a weight moves data in proportion", () => {
    const after = changed(ring, {
      kind: "update",
      member: memberOf("b", { weight: 3 }),
    });
    expect(after.table.every((row) => row.some(({ id }) => id === "b"))).toBe(
      true,
    );
  });

  test.each([1, 2, 4])(
    "replica-count %i: each partition has as many",
    (replicaCount) => {
      const after = changed(ring, { kind: "replica-count", replicaCount });
      expect(after.settings.replicaCount).toBe(replicaCount);
      for (const row of after.table) expect(row).toHaveLength(replicaCount);
    },
  );

  test("rebalance: takes up what a change left behind", () => {
    const joint = begun(ring, { kind: "leave", id: "b" });
    const stuck = stableLayout(joint, (partition) => partition % 2 === 0);
    expect(idsOf(stuck)).toContain("b");
    const after = changed(stuck, { kind: "rebalance" });
    const counts = idsOf(after).map(
      (id) => after.table.filter((row) => row.some((r) => r.id === id)).length,
    );
    expect(Math.max(...counts) - Math.min(...counts)).toBeLessThanOrEqual(1);
  });

  test("with fewer members than replicas all of them keep everything", () => {
    const two = ringOf(["a", "b"]);
    for (const row of two.table) expect(row).toHaveLength(2);
  });

  test("members whose store forgets decide last", () => {
    const volatile = { guarantee: "volatile" } as const;
    let layout = founded();
    for (const id of ["b", "c", "d"])
      layout = changed(layout, {
        kind: "join",
        member: memberOf(id, volatile),
      });
    for (const id of ["e", "f", "g"])
      layout = changed(layout, { kind: "join", member: memberOf(id) });
    expect(layout.system).toEqual(["a", "b", "c", "d", "e"]);
    // Who decides already stays; of those that could follow the lasting ones come first.
    const after = changed(layout, { kind: "leave", id: "c" });
    expect(after.system).toEqual(["a", "b", "d", "e", "f"]);
  });
});

describe("a change is refused", () => {
  const ring = ringOf(["a", "b"]);
  const codeOf = (layout: Layout, change: LayoutChange) => {
    const joint = jointLayout(layout, change);
    return joint.ok ? undefined : joint.error.code;
  };

  test("while another is in progress, whatever it is", () => {
    const joint = begun(ring, { kind: "leave", id: "b" });
    for (const change of [
      { kind: "join", member: memberOf("c") },
      { kind: "leave", id: "a" },
      { kind: "rebalance" },
    ] as const)
      expect(codeOf(joint, change)).toBe("change_in_progress");
  });

  test("when the name is taken, under whatever id", () => {
    expect(
      codeOf(ring, { kind: "join", member: memberOf("c", { name: "node-b" }) }),
    ).toBe("name_taken");
  });

  test("when the member is not there", () => {
    for (const change of [
      { kind: "leave", id: "z" },
      { kind: "remove", id: "z" },
      { kind: "replace", id: "z", member: memberOf("y") },
      { kind: "update", member: memberOf("z") },
    ] as const)
      expect(codeOf(ring, change)).toBe("member_unknown");
  });

  test("when the last member would go", () => {
    expect(codeOf(founded(), { kind: "leave", id: "a" })).toBe(
      "change_incomplete",
    );
    expect(codeOf(founded(), { kind: "remove", id: "a" })).toBe(
      "change_incomplete",
    );
  });

  test.each([0, 8, 1.5, Number.NaN, -1])(
    "when the replica count is %j",
    (replicaCount) => {
      expect(codeOf(ring, { kind: "replica-count", replicaCount })).toBe(
        "invalid_body",
      );
    },
  );

  test("when the ring is full", () => {
    const members = Array.from({ length: memberCountMax }, (_, index) =>
      memberOf(`m${index}`),
    );
    const full: Layout = { ...ring, members };
    expect(codeOf(full, { kind: "join", member: memberOf("one-more") })).toBe(
      "change_incomplete",
    );
  });

  test("and only a joint layout can be finished or undone: anything else is the caller's error", () => {
    expect(() => stableLayout(ring, () => true)).toThrow("only a joint layout");
    expect(() => undoneLayout(ring)).toThrow("only a joint layout");
  });
});
