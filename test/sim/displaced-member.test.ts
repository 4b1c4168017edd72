/** Another node, or one of another ring, answers where a member should: it counts as gone, and people are told. */
import { describe, expect, test } from "vitest";
import { type Stage, stage } from "./stage.ts";

const keys = Array.from({ length: 40 }, (_, i) => `k${i}`);

/** The nodes that were given up come back as the old ring, and the one that forced goes on as the new one. */
async function twoRings(): Promise<Stage> {
  const ring = await stage(["a", "b", "c"]);
  for (const key of keys) await ring.put("a", key, "1");
  ring.crash("a");
  ring.crash("b");
  const forced = ring.nodeOf("c").remove({ name: "a", force: true });
  expect(await ring.settle(forced)).toMatchObject({ ok: true });
  await ring.start("a");
  await ring.start("b");
  return ring;
}

async function expectServed(ring: Stage, name: string): Promise<void> {
  for (const key of keys) expect(await ring.get(name, key)).toBe("1");
}

const toC = { urls: ["http://c"] };

describe("a member that was forced into another ring", () => {
  test("is shown as displaced, and named in the log once", async () => {
    const ring = await twoRings();
    await ring.wait(20_000);
    for (const name of ["a", "b"])
      expect(ring.memberAt(name, "c").health).toBe("displaced");
    expect(ring.memberAt("a", "b").health).toBe("ok");
    const errors = ring.lines.filter(
      ({ machine, level }) => machine === "a" && level === "error",
    );
    expect(errors.map(({ fields }) => fields)).toEqual([
      { member: "c", url: "http://c" },
    ]);
  });

  test("does not let the old ring begin a change that it could not serve; removed, it lets the others come home", async () => {
    const ring = await twoRings();
    await ring.wait(20_000);
    const a = ring.nodeOf("a");
    const refused = await ring.timed(a.join(toC));
    expect(refused.answer).toMatchObject({
      ok: false,
      error: { code: "change_incomplete", details: { displaced: ["c"] } },
    });
    expect(refused.seconds).toBeLessThan(10);
    await expectServed(ring, "a");

    expect(await ring.settle(a.remove({ name: "c" }))).toMatchObject({
      ok: true,
      value: { isComplete: true },
    });
    for (const name of ["a", "b"])
      expect(await ring.settle(ring.nodeOf(name).join(toC))).toMatchObject({
        ok: true,
        value: { isComplete: true },
      });
    expect(ring.nodeOf("c").peers().slice().sort()).toEqual(["a", "b", "c"]);
    for (const name of ["a", "b", "c"]) await expectServed(ring, name);
  });

  test("ends a change that had begun before anybody knew, in bounded time", async () => {
    const ring = await twoRings();
    // At once, before the restarted nodes have called anybody.
    const left = await ring.timed(ring.nodeOf("a").leave());
    expect(left.answer).toMatchObject({
      ok: false,
      error: { code: "change_incomplete" },
    });
    expect(left.seconds).toBeLessThan(60);
    expect(ring.nodeOf("a").status()).toMatchObject({
      phase: "stable",
      activity: "none",
    });
    await expectServed(ring, "b");
  });
});

test("a member that lost its disk and founded a ring of its own is shown as displaced, until it is replaced", async () => {
  const ring = await stage(["a", "b", "c"]);
  for (const key of keys) await ring.put("a", key, "1");
  ring.crash("a");
  ring.machineOf("a").disk.wipe();
  await ring.start("a");
  await ring.put("b", "more", "1");
  await ring.until(() => ring.memberAt("b", "a").health === "displaced");
  await expectServed(ring, "c");
  const replaced = ring.nodeOf("a").join({ urls: ["http://b"], replace: true });
  expect(await ring.settle(replaced)).toMatchObject({ ok: true });
  expect(ring.memberAt("b", "a").health).toBe("ok");
  await expectServed(ring, "a");
});
