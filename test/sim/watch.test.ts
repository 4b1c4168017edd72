/** Watches in virtual time: how soon a change is shown, and how late at most when nobody tells of it. */
import { describe, expect, test } from "vitest";
import {
  watchLeaseMs,
  watchRenewMs,
  watchStallMsMax,
} from "../../src/core/limits.ts";
import { seenBy } from "../node/watch-seen.ts";
import { type Stage, stage } from "./stage.ts";

const names = ["a", "b", "c", "d"];

async function watchAt(scene: Stage, name: string, key: string) {
  return seenBy(await scene.settle(scene.nodeOf(name).watch(key)));
}

/** Waits for the line, and gives after how many milliseconds it was there. */
async function msUntil(
  { scheduler, until }: Stage,
  seen: { readonly lines: readonly string[] },
  line: string,
): Promise<number> {
  const startedAt = scheduler.now();
  await until(() => seen.lines.at(-1) === line);
  return scheduler.now() - startedAt;
}

describe("a change is shown", () => {
  test.each(names)(
    "at once at %s, whoever takes it and whoever keeps it",
    async (name) => {
      const scene = await stage(names);
      for (const key of ["k0", "k1", "k2", "k3"]) {
        const seen = await watchAt(scene, name, key);
        await msUntil(scene, seen, "(absent)");
        for (const writer of names) {
          await scene.put(writer, key, `of ${writer}`);
          const ms = await msUntil(scene, seen, `of ${writer}`);
          expect(ms).toBeLessThan(200);
        }
        await scene.settle(scene.nodeOf("b").delete(key));
        expect(await msUntil(scene, seen, "(absent)")).toBeLessThan(200);
      }
    },
  );

  test("when its time is over, though nobody says so", async () => {
    const scene = await stage(names);
    const put = scene.nodeOf("a").put("k", Uint8Array.of(65), { ttlMs: 4_000 });
    await scene.settle(put);
    const seen = await watchAt(scene, "d", "k");
    await msUntil(scene, seen, "A");
    const ms = await msUntil(scene, seen, "(absent)");
    expect(ms).toBeGreaterThan(3_000);
    expect(ms).toBeLessThan(4_500);
  });

  test("within a renewal when its replicas have restarted, and know nobody to tell", async () => {
    const scene = await stage(names);
    await scene.put("a", "k", "1");
    const seen = await watchAt(scene, "d", "k");
    await msUntil(scene, seen, "1");
    for (const name of ["a", "b", "c"]) scene.crash(name);
    for (const name of ["a", "b", "c"]) await scene.start(name);
    await scene.put("b", "k", "2");
    expect(await msUntil(scene, seen, "2")).toBeLessThan(watchRenewMs + 1_000);
  });

  test("for as long as somebody watches", async () => {
    const scene = await stage(names);
    const seen = await watchAt(scene, "d", "k");
    for (const value of ["1", "2", "3"]) {
      await scene.wait(2 * watchLeaseMs);
      await scene.put("b", "k", value);
      expect(await msUntil(scene, seen, value)).toBeLessThan(200);
    }
    expect(seen.lines).toEqual(["(absent)", "1", "2", "3"]);
  });

  test("after the replicas have moved, as soon as before", async () => {
    const scene = await stage(names);
    const keys = ["k0", "k1", "k2", "k3", "k4", "k5", "k6", "k7"];
    const watched = keys.map((key) => ({
      key,
      opened: scene.nodeOf("a").watch(key),
    }));
    const seen = new Map<string, ReturnType<typeof seenBy>>();
    for (const { key, opened } of watched)
      seen.set(key, seenBy(await scene.settle(opened)));
    const joiner = await scene.start("e");
    await scene.settle(joiner.join({ urls: ["http://b"] }));
    await scene.settle(scene.nodeOf("c").leave());
    await scene.wait(1_000);
    for (const [key, of] of seen) {
      await scene.put("e", key, "moved");
      expect(await msUntil(scene, of, "moved")).toBeLessThan(200);
    }
  });
});

describe("nothing is left", () => {
  test("a ring with a watch speaks at each renewal, and is silent when it is closed", async () => {
    const scene = await stage(names);
    const { network } = scene.world;
    const callsDuring = async (ms: number) => {
      const before = network.counters().called;
      await scene.wait(ms);
      return network.counters().called - before;
    };
    await scene.put("a", "k", "1");
    await scene.wait(60_000);
    const watches: ReturnType<typeof seenBy>[] = [];
    for (const name of names) watches.push(await watchAt(scene, name, "k"));
    const renewals = (6 * watchRenewMs) / watchRenewMs;
    const spoken = await callsDuring(6 * watchRenewMs);
    expect(spoken).toBeGreaterThanOrEqual(renewals);
    // One or two calls each, by four nodes, up to a third more often than the limit says.
    expect(spoken).toBeLessThan(renewals * 2 * names.length * 1.5);
    for (const { close } of watches) close();
    expect(await callsDuring(600_000)).toBe(0);
  });

  test("who went away is told of a change for a lease or two, and then no more", async () => {
    const scene = await stage(names);
    const { network } = scene.world;
    await scene.put("a", "k", "0");
    const callsOf = async (value: string) => {
      const before = network.counters().called;
      await scene.put("a", "k", value);
      await scene.wait(1_000);
      return network.counters().called - before;
    };
    await callsOf("1");
    const unwatched = await callsOf("2");
    // At one that has no part in the writes.
    const seen = await watchAt(scene, "d", "k");
    seen.close();
    expect(await callsOf("3")).toBeGreaterThan(unwatched);
    await scene.wait(2 * watchLeaseMs);
    await callsOf("4");
    expect(await callsOf("5")).toBe(unwatched);
  });
});

describe("a watch ends", () => {
  test("when its node cannot read the key for long", async () => {
    const scene = await stage(names);
    await scene.put("a", "k", "1");
    const seen = await watchAt(scene, "a", "k");
    await msUntil(scene, seen, "1");
    for (const name of ["b", "c", "d"]) scene.crash(name);
    const ms = await msUntil(scene, seen, "(ended no_quorum)");
    expect(ms).toBeGreaterThan(watchStallMsMax);
    expect(ms).toBeLessThan(watchStallMsMax + watchRenewMs + 10_000);
  });

  test("not because of a moment without a quorum", async () => {
    const scene = await stage(names);
    await scene.put("a", "k", "1");
    const seen = await watchAt(scene, "a", "k");
    await msUntil(scene, seen, "1");
    for (const name of ["b", "c", "d"]) scene.crash(name);
    await scene.wait(watchStallMsMax / 2);
    for (const name of ["b", "c", "d"]) await scene.start(name);
    await scene.wait(2 * watchStallMsMax);
    await scene.put("b", "k", "2");
    await msUntil(scene, seen, "2");
    expect(seen.lines).toEqual(["1", "2"]);
  });
});
