/** Membership changes while too few members answer: each ends in bounded time, with what is true. */
import { describe, expect, test } from "vitest";
import type { Result } from "../../src/core/errors.ts";
import type { RingNode } from "../../src/node/api.ts";
import { stage } from "./stage.ts";

describe("without a majority of those who decide", () => {
  const asks: readonly [
    string,
    (node: RingNode) => Promise<Result<unknown>>,
  ][] = [
    ["remove", (node) => node.remove({ name: "a" })],
    [
      "a change of the replica count",
      (node) => node.reconfigure({ replicaCount: 2 }),
    ],
  ];
  test.each(asks)("%s is not applied, then or later", async (_, ask) => {
    const ring = await stage(["a", "b", "c"]);
    ring.crash("a");
    ring.crash("b");
    const { answer, seconds } = await ring.timed(ask(ring.nodeOf("c")));
    expect(answer).toMatchObject({ ok: false, error: { code: "no_quorum" } });
    expect(seconds).toBeLessThan(15);
    await ring.start("a");
    await ring.start("b");
    await ring.wait(60_000);
    expect(ring.nodeOf("c").status()).toMatchObject({
      phase: "stable",
      settings: { replicaCount: 3 },
    });
    expect(ring.nodeOf("c").peers()).toHaveLength(3);
  });

  test.each([false, true])(
    "a join (replace: %s) ends within a minute, and comes to nothing",
    async (replace) => {
      const name = replace ? "b" : "d";
      const ring = await stage(["a", "b", "c"]);
      ring.crash("b");
      ring.crash("c");
      if (replace) ring.machineOf("b").disk.wipe();
      const node = await ring.start(name);
      await ring.put(name, "own", "1");
      const { answer, seconds } = await ring.timed(
        node.join({ urls: ["http://a"], replace }),
      );
      expect(answer).toMatchObject({ ok: false, error: { code: "no_quorum" } });
      expect(seconds).toBeLessThan(60);
      expect(node.peers()).toEqual([name]);
      await ring.put(name, "own", "2");
    },
  );

  test("a change that is decided already is told as unknown, and goes on later", async () => {
    const ring = await stage(["a", "b", "c"]);
    await ring.put("a", "k", "1");
    const d = await ring.start("d");
    const joining = d.join({ urls: ["http://a"] });
    await ring.until(() => d.status().phase === "joint");
    ring.crash("b");
    ring.crash("c");
    const { answer, seconds } = await ring.timed(joining);
    expect(answer).toMatchObject({
      ok: false,
      error: { code: "outcome_unknown" },
    });
    expect(seconds).toBeLessThan(90);
    await ring.start("b");
    await ring.start("c");
    await ring.until(() => ring.nodeOf("a").status().phase === "stable");
    await ring.wait(10_000);
    // Done or undone: where the node says that it is, it is.
    const isIn = ring.nodeOf("a").peers().includes("d");
    expect(d.peers()).toHaveLength(isIn ? 4 : 1);
  });
});

test("a join is undone when the joiner stops answering, and is told so", async () => {
  const ring = await stage(["a", "b", "c"]);
  const d = await ring.start("d");
  await ring.put("d", "own", "1");
  const joining = d.join({ urls: ["http://a"] });
  await ring.until(() => d.status().phase === "joint");
  // The ring has yet to hear that it knows.
  ring.world.network.split([["d"], ["a", "b", "c"]]);
  await ring.until(() => ring.nodeOf("a").status().phase === "stable");
  ring.world.network.heal();
  expect(await ring.settle(joining)).toMatchObject({
    ok: false,
    error: { code: "change_undone" },
  });
  await ring.until(() => d.peers().length === 1);
  expect(await ring.get("d", "own")).toBe("1");
  expect(ring.nodeOf("a").peers()).not.toContain("d");
  // It is free to try again.
  expect(await ring.settle(d.join({ urls: ["http://a"] }))).toMatchObject({
    ok: true,
    value: { isComplete: true },
  });
});

test("a change that stands still is ended, its partitions left where they are, and finished when they can be moved", async () => {
  const ring = await stage(["a", "b", "c", "d", "e"]);
  for (let i = 0; i < 60; i++) await ring.put("a", `k${i}`, "1");
  ring.crash("d");
  ring.crash("e");
  const { answer, seconds } = await ring.timed(
    ring.nodeOf("a").remove({ name: "d" }),
  );
  // Some partitions had two of their three replicas on the dead: d keeps them on paper.
  expect(answer).toMatchObject({
    ok: false,
    error: { code: "change_incomplete" },
  });
  expect(seconds).toBeLessThan(60);
  expect(ring.lines.some(({ fields }) => fields?.isStalled === true)).toBe(
    true,
  );
  expect(ring.nodeOf("a").status()).toMatchObject({
    phase: "stable",
    isEven: false,
  });
  await ring.start("e");
  await ring.wait(5_000);
  expect(
    await ring.settle(ring.nodeOf("a").remove({ name: "d" })),
  ).toMatchObject({ ok: true, value: { isComplete: true } });
  for (let i = 0; i < 60; i++) expect(await ring.get("e", `k${i}`)).toBe("1");
  expect(ring.nodeOf("a").status().isEven).toBe(true);
});
