/** Crashes of whole rings, in the middle of writes; ends that are no crashes; and a record that the disk has damaged. */
import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { openStore } from "../../src/store/open.ts";
import { putAll, statusOf, wrongReads } from "./calls.ts";
import { createLedger } from "./ledger.ts";
import type { NodeProcess } from "./nodes.ts";
import { expectPeers, valuesOf } from "./seed-scenarios.ts";
import { nodesForTest } from "./test-nodes.ts";
import { until } from "./until.ts";

describe("all nodes killed at once, in the middle of writes", () => {
  test.each(["sqlite", "fs"] as const)(
    "form the same ring with all that was acknowledged, started in any order with their %s folders alone",
    async (store) => {
      const nodes = await (await nodesForTest({ store })).startRing([
        "a",
        "b",
        "c",
      ]);
      const [a, b, c] = nodes as [NodeProcess, NodeProcess, NodeProcess];
      const { ringId } = await statusOf(a);
      const ledger = createLedger();
      for (const order of [
        [c, b, a],
        [b, a, c],
      ]) {
        ledger.start(nodes);
        await ledger.untilAcknowledged(200);
        await Promise.all(nodes.map((node) => node.kill()));
        await ledger.stop();
        for (const node of order) await node.restart();
        expect(await ledger.wrongReads(nodes)).toEqual([]);
      }
      for (const node of nodes)
        expect(await statusOf(node)).toMatchObject({ ringId, phase: "stable" });
      await expectPeers(nodes);
      expect(ledger.counts.acknowledged).toBeGreaterThanOrEqual(400);
    },
  );
});

describe("SIGTERM", () => {
  test("lets what is under way end, loses nothing of it, and ends with 0", async () => {
    const nodes = await (await nodesForTest()).startRing(["a", "b", "c"]);
    const [a, b] = nodes as [NodeProcess, NodeProcess];
    const ledger = createLedger();
    ledger.start([a]);
    await ledger.untilAcknowledged(100);
    // Every writer has a request on its way, and begins no other.
    const written = ledger.stop();
    const ended = await a.stop();
    await written;
    expect(ended).toMatchObject({ code: 0, signal: null });
    expect(ended.stderr).toMatch(/msg=closed node=a/);
    expect(ledger.counts.unknown).toBe(0);
    expect(await ledger.wrongReads([b])).toEqual([]);
    await a.restart();
    expect(await ledger.wrongReads(nodes)).toEqual([]);
  });
});

describe("a record damaged on one node's disk", () => {
  test("is rebuilt from the others, and is never a value or an absence meanwhile", async () => {
    const nodes = await (await nodesForTest({ store: "fs" })).startRing([
      "a",
      "b",
      "c",
    ]);
    const values = valuesOf("damage ", 40);
    const [a, b, c] = nodes as [NodeProcess, NodeProcess, NodeProcess];
    await putAll(values, () => a);
    await b.stop();
    const damaged = await flipBits(b);
    expect(damaged.length).toBe(values.size);
    await b.restart();
    expect(await wrongReads(nodes, values)).toEqual([]);
    await until(
      async () => (await statusOf(b)).unreadableRecords === 0,
      "every record is readable again",
    );

    // Only what b has on its disk can serve as the second of two replicas now.
    await c.kill();
    expect(await wrongReads([a, b], values)).toEqual([]);
    await b.stop();
    await expectReadable(b, damaged.length);
  });
});

/** Flips a bit in the middle of every record of a key; gives the paths. */
async function flipBits(node: NodeProcess): Promise<string[]> {
  const paths = await recordsOf(node);
  for (const path of paths) {
    const bytes = await readFile(path);
    const middle = Math.floor(bytes.length / 2);
    bytes[middle] = (bytes[middle] ?? 0) ^ 0x10;
    await writeFile(path, bytes);
  }
  return paths;
}

/** The files with the registers of keys; what the node keeps of itself is elsewhere. */
async function recordsOf(node: NodeProcess): Promise<string[]> {
  const records = join(node.folder, "records");
  const entries = await readdir(records, {
    recursive: true,
    withFileTypes: true,
  });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((path) => /\/r\d+\/p\/[0-9a-f]{4}\/[^/]+$/.test(path));
}

/** Every record that a stopped node has on its disk can be read. */
async function expectReadable(node: NodeProcess, count: number): Promise<void> {
  const paths = await recordsOf(node);
  expect(paths).toHaveLength(count);
  const buckets = new Set(
    paths.map((path) => /(r\d+\/p\/[0-9a-f]{4})\/[^/]+$/.exec(path)?.[1] ?? ""),
  );
  const store = await openStore({ kind: "fs", folder: node.folder });
  try {
    for (const bucket of buckets) {
      const { records } = await store.scan(bucket, {
        limit: 1000,
        bytesMax: 1e6,
      });
      expect(records.length).toBeGreaterThan(0);
      for (const { stored } of records) expect(stored.kind).toBe("record");
    }
  } finally {
    await store.close();
  }
}
