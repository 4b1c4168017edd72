/** Members that are gone for good: replaced under their name, removed, and given up by force. */
import { rm } from "node:fs/promises";
import { describe, expect, test } from "vitest";
import { run } from "../cli/processes.ts";
import { get, peersAt, putAll, statusOf, wrongReads } from "./calls.ts";
import type { NodeProcess } from "./nodes.ts";
import { expectPeers, expectSplit, valuesOf } from "./seed-scenarios.ts";
import { nodesForTest } from "./test-nodes.ts";
import { until } from "./until.ts";

const values = valuesOf("kept ", 100);

describe("a node whose data folder is lost", () => {
  test("comes back under its name with --replace, and its data are complete", async () => {
    const nodes = await (await nodesForTest()).startRing(["a", "b", "c"]);
    const [a, b, c] = nodes as [NodeProcess, NodeProcess, NodeProcess];
    await putAll(values, () => a);
    await b.kill();
    await rm(b.folder, { recursive: true });
    await expect(b.restart("--join", a.url)).rejects.toThrow(/name_taken: /);
    expect(await wrongReads([a, c], values)).toEqual([]);

    await rm(b.folder, { recursive: true });
    await b.restart("--join", a.url, "--replace");
    await expectPeers(nodes);
    expect(await wrongReads(nodes, values)).toEqual([]);
    await expectSplit(nodes, values);
    // What b has must be enough for a majority of two, with either of the others.
    await a.kill();
    expect(await wrongReads([b, c], values)).toEqual([]);
    await a.restart();
    await c.kill();
    expect(await wrongReads([a, b], values)).toEqual([]);
  });

  test("takes its place when it is told to, after it was started by itself", async () => {
    const nodes = await (await nodesForTest()).startRing(["a", "b", "c"]);
    const [a, b] = nodes as [NodeProcess, NodeProcess];
    await putAll(values, () => a);
    await b.kill();
    await rm(b.folder, { recursive: true });
    await b.restart();
    expect(await peersAt(b)).toEqual(["b"]);
    const replaced = await run(["replace", a.url, "--node", b.url, "--json"]);
    expect(replaced).toMatchObject({ code: 0, stderr: "" });
    expect(JSON.parse(replaced.stdout)).toMatchObject({ isComplete: true });
    await expectPeers(nodes);
    expect(await wrongReads(nodes, values)).toEqual([]);
  });
});

describe("a dead member", () => {
  test("is removed by its name, and can join again as a new one; a living one leaves", async () => {
    const nodes = await (await nodesForTest()).startRing(["a", "b", "c", "d"]);
    const [a, b, c, d] = nodes as [
      NodeProcess,
      NodeProcess,
      NodeProcess,
      NodeProcess,
    ];
    await putAll(values, () => a);
    await d.kill();
    const removed = await run(["remove", "d", "--node", a.url]);
    expect(removed).toMatchObject({ code: 0, stderr: "" });
    await expectPeers([a, b, c]);
    await expectSplit([a, b, c], values);
    // Three replicas again: with one more gone, two are left of each.
    await c.kill();
    expect(await wrongReads([a, b], values)).toEqual([]);
    await c.restart();

    // It was removed while it was away, and finds out: it serves nothing, until it joins as a new member.
    await d.restart();
    await until(
      async () => /^503 .*"not_a_member"/.test(await get(d, "kept 1")),
      "the node knows that it was removed",
    );
    await expectPeers([a, b, c]);
    const joined = await run(["join", b.url, "--node", d.url]);
    expect(joined).toMatchObject({ code: 0, stderr: "" });
    await expectPeers(nodes);
    expect(await wrongReads(nodes, values)).toEqual([]);
    await expectSplit(nodes, values);

    const left = await run(["remove", "c", "--node", b.url]);
    expect(left).toMatchObject({ code: 0, stderr: "" });
    await expectPeers([a, b, d]);
    expect(await wrongReads([a, b, d], values)).toEqual([]);
    expect(await peersAt(c)).toEqual(["c"]);
  });

  test("of a ring of two is given up by force alone, and its ring stays refused", async () => {
    const nodes = await (await nodesForTest()).startRing(["a", "b"]);
    const [a, b] = nodes as [NodeProcess, NodeProcess];
    await putAll(values, () => a);
    const { ringId } = await statusOf(a);
    await b.kill();
    const refused = await run(["remove", "b", "--node", a.url]);
    expect(refused.code).not.toBe(0);
    expect(refused.stderr).toMatch(/^no_quorum: /);

    const forced = await run(["remove", "b", "--force", "--node", a.url]);
    expect(forced).toMatchObject({ code: 0 });
    expect(forced.stderr).toMatch(/^32 partitions .* may have lost /);
    expect(await peersAt(a)).toEqual(["a"]);
    expect(await wrongReads([a], values)).toEqual([]);
    expect((await statusOf(a)).ringId).not.toBe(ringId);

    // Back again it is alone with the old ring, and nobody takes it for a member of the new one.
    await b.restart();
    expect(await statusOf(b)).toMatchObject({
      ringId,
      members: [{ name: "b" }, { name: "a" }],
    });
    expect(await peersAt(a)).toEqual(["a"]);
    expect(await wrongReads([a], values)).toEqual([]);
  });
});
