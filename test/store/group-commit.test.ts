/** Group commit and the sharing of runs, under a schedule that the test holds in its hands. */

import { describe, expect, test } from "vitest";
import { createGroupCommit } from "../../src/store/group-commit.ts";
import { createSharedRun } from "../../src/store/shared-run.ts";

const settled = () => new Promise((resolve) => setImmediate(resolve));

describe("group commit", () => {
  function createHarness() {
    const turns: (() => void)[] = [];
    const commits: string[][] = [];
    const failing: { error?: Error } = {};
    const write = createGroupCommit({
      soon: (callback) => turns.push(callback),
      commit(writes) {
        if (failing.error) throw failing.error;
        commits.push(writes.map(({ item }) => item));
      },
    });
    const put = (item: string) => write({ item, bytes: Uint8Array.of(1) });
    return { turns, commits, failing, put };
  }

  test("writes of one turn are one commit, and none is answered before it", async () => {
    const { turns, commits, put } = createHarness();
    const answered: string[] = [];
    for (const item of ["a", "b", "c"])
      void put(item).then(() => answered.push(item));
    await settled();
    expect(turns).toHaveLength(1);
    expect(answered).toEqual([]);
    turns.shift()?.();
    await settled();
    expect(commits).toEqual([["a", "b", "c"]]);
    expect(answered).toEqual(["a", "b", "c"]);

    const next = put("d");
    turns.shift()?.();
    await next;
    expect(commits).toEqual([["a", "b", "c"], ["d"]]);
  });

  test("a commit that fails fails all its writes, and not the next", async () => {
    const { turns, commits, failing, put } = createHarness();
    failing.error = new Error("disk");
    const results = Promise.allSettled([put("a"), put("b")]);
    turns.shift()?.();
    expect((await results).map(({ status }) => status)).toEqual([
      "rejected",
      "rejected",
    ]);
    delete failing.error;
    const next = put("c");
    turns.shift()?.();
    await next;
    expect(commits).toEqual([["c"]]);
  });
});

describe("a shared run", () => {
  function createHarness() {
    const runs: { key: string; end: PromiseWithResolvers<void> }[] = [];
    const share = createSharedRun((key) => {
      const end = Promise.withResolvers<void>();
      runs.push({ key, end });
      return end.promise;
    });
    return { runs, share };
  }

  test("serves those who asked before it began; later ones share the next", async () => {
    const { runs, share } = createHarness();
    const answered: string[] = [];
    const ask = (name: string) =>
      share("folder").then(
        () => answered.push(name),
        () => answered.push(`${name} failed`),
      );
    void ask("a");
    void ask("b");
    await settled();
    expect(runs).toHaveLength(1);
    void ask("c");
    void ask("d");
    await settled();
    expect(runs).toHaveLength(1);
    runs[0]?.end.resolve();
    await settled();
    expect(answered).toEqual(["a", "b"]);
    expect(runs).toHaveLength(2);
    runs[1]?.end.reject(new Error("disk"));
    await settled();
    expect(answered).toEqual(["a", "b", "c failed", "d failed"]);
    void ask("e");
    await settled();
    runs[2]?.end.resolve();
    await settled();
    expect(answered.at(-1)).toBe("e");
  });

  test("runs for different keys go side by side", async () => {
    const { runs, share } = createHarness();
    const both = Promise.all([share("a"), share("b")]);
    await settled();
    expect(runs.map(({ key }) => key)).toEqual(["a", "b"]);
    for (const { end } of runs) end.resolve();
    await both;
  });
});
