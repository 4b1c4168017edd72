/** A node that is told to join while it leaves, is removed, or was removed: the answer is true, and so it stays. */
import { describe, expect, test } from "vitest";
import { type Stage, stage } from "./stage.ts";

const keys = Array.from({ length: 20 }, (_, i) => `k${i}`);

async function ringOfFour(): Promise<Stage> {
  const ring = await stage(["a", "b", "c", "d"]);
  for (const key of keys) await ring.put("a", key, "1");
  return ring;
}

/** The node is in the ring by everybody's account, now and later, with the ring's data. */
async function expectMember(ring: Stage, name: string): Promise<void> {
  const isIn = () => ring.nodeOf("a").peers().includes(name);
  expect(isIn()).toBe(true);
  await ring.wait(30_000);
  expect(isIn()).toBe(true);
  const { ringId, phase } = ring.nodeOf("a").status();
  expect(ring.nodeOf(name).status()).toMatchObject({
    ringId,
    phase,
    activity: "none",
  });
  for (const key of keys) expect(await ring.get(name, key)).toBe("1");
}

const toB = { urls: ["http://b"] };

describe("a node that leaves", () => {
  test("joins anew when it has left", async () => {
    const ring = await ringOfFour();
    const d = ring.nodeOf("d");
    const { ringId } = d.status();
    await ring.settle(d.leave({ wait: false }));
    const joined = await ring.settle(d.join(toB));
    expect(joined).toMatchObject({ ok: true, value: { isComplete: true } });
    expect(joined.ok && joined.value.members.slice().sort()).toEqual([
      "a",
      "b",
      "c",
      "d",
    ]);
    expect(d.status().ringId).toBe(ringId);
    await expectMember(ring, "d");
  });

  test("is refused, without waiting, when nobody waits for the join either", async () => {
    const ring = await ringOfFour();
    const d = ring.nodeOf("d");
    await ring.settle(d.leave({ wait: false }));
    expect(await ring.settle(d.join({ ...toB, wait: false }))).toMatchObject({
      ok: false,
      error: { code: "change_in_progress" },
    });
  });

  test("does not keep a join waiting for a leave that has no majority", async () => {
    const ring = await ringOfFour();
    ring.crash("a");
    ring.crash("b");
    const d = ring.nodeOf("d");
    const left = await ring.timed(d.leave());
    expect(left.answer).toMatchObject({
      ok: false,
      error: { code: "outcome_unknown" },
    });
    expect(left.seconds).toBeLessThan(15);
    const joined = await ring.timed(d.join({ urls: ["http://c"] }));
    expect(joined.answer).toMatchObject({
      ok: false,
      error: { code: "change_in_progress" },
    });
    expect(joined.seconds).toBeLessThan(90);
    // As it was told: the leave goes on when a majority answers.
    await ring.start("a");
    await ring.start("b");
    await ring.until(() => d.peers().length === 1);
    expect(ring.nodeOf("a").peers()).not.toContain("d");
  });
});

describe("a node that is removed while it hangs", () => {
  // Before the ring decides, while it moves the data, and when it is over.
  test.each([500, 2_200, 2_600, 3_500, 20_000])(
    "joins anew when it goes on after %i ms",
    async (pausedMs) => {
      const ring = await ringOfFour();
      ring.pause("d");
      const removed = ring.nodeOf("a").remove({ name: "d" });
      await ring.wait(pausedMs);
      ring.resume("d");
      const joined = await ring.settle(ring.nodeOf("d").join(toB));
      expect(joined).toMatchObject({ ok: true });
      expect(joined.ok && joined.value.members).toContain("d");
      await ring.settle(removed);
      // A remove that finds it alive after all asks it to leave, whenever that is; then it is no member any more.
      if (ring.nodeOf("a").peers().includes("d")) await expectMember(ring, "d");
    },
  );

  test("knows that it was removed before it says that it is in the ring", async () => {
    const ring = await ringOfFour();
    const { id } = ring.memberAt("d", "d");
    ring.pause("d");
    await ring.settle(ring.nodeOf("a").remove({ name: "d" }));
    ring.resume("d");
    const joined = await ring.settle(ring.nodeOf("d").join(toB));
    expect(joined).toMatchObject({ ok: true, value: { isComplete: true } });
    expect(ring.memberAt("a", "d").id).not.toBe(id);
    await expectMember(ring, "d");
  });
});

describe("a node that was removed while it was down", () => {
  async function removedAndBack(): Promise<Stage> {
    const ring = await ringOfFour();
    ring.crash("d");
    await ring.settle(ring.nodeOf("a").remove({ name: "d" }));
    await ring.settle(ring.nodeOf("a").delete("k0"));
    await ring.start("d");
    await ring.until(() => ring.nodeOf("d").status().activity === "removed");
    return ring;
  }

  test("says so, with the next step, and serves nothing", async () => {
    const ring = await removedAndBack();
    await ring.wait(10_000);
    expect(await ring.get("d", "k1")).toBe("not_a_member");
    const told = ring.lines.filter(
      ({ machine, level }) => machine === "d" && level === "warn",
    );
    expect(
      told.filter(({ message }) => /removed.*ringwalk join/.test(message)),
    ).toHaveLength(1);
  });

  test("joins again, empty: what was deleted meanwhile stays deleted", async () => {
    const ring = await removedAndBack();
    const joined = await ring.settle(ring.nodeOf("d").join(toB));
    expect(joined).toMatchObject({ ok: true, value: { isComplete: true } });
    await ring.wait(30_000);
    for (const name of ["a", "d"]) {
      expect(await ring.get(name, "k0")).toBeUndefined();
      expect(await ring.get(name, "k1")).toBe("1");
    }
    expect(ring.nodeOf("d").status().activity).toBe("none");
  });

  test("leaves when it is told to, and says so", async () => {
    const ring = await removedAndBack();
    const left = await ring.settle(ring.nodeOf("d").leave());
    expect(left).toMatchObject({
      ok: true,
      value: { members: ["d"], isComplete: true },
    });
    expect(ring.nodeOf("d").status().activity).toBe("none");
    await ring.put("d", "own", "2");
    expect(await ring.get("a", "own")).toBeUndefined();
  });
});
