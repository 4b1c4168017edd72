/** What a node tells of itself: readiness without a call, what it keeps without a scan, what its work took. */
import { afterEach, describe, expect, test } from "vitest";
import { metricsText } from "../../src/http/metrics-text.ts";
import type { RingNode } from "../../src/node/api.ts";
import { createMetrics } from "../../src/node/metrics.ts";
import { openStore } from "../../src/store/open.ts";
import { parseExposition, valueIn } from "../suite/exposition.ts";
import { type Cluster, type ClusterNode, createCluster } from "./cluster.ts";
import { createFailingStore } from "./failing-store.ts";

let cluster: Cluster;
afterEach(() => cluster?.close());

async function ringOfThree(): Promise<
  readonly [ClusterNode, ClusterNode, ClusterNode]
> {
  cluster = createCluster({
    founding: { partitionCount: 8 },
    timing: { operationTimeoutMs: 600, peerCallTimeoutMs: 200 },
  });
  const [a, b, c] = await Promise.all(
    ["a", "b", "c"].map((name) => cluster.start(name)),
  );
  if (!a || !b || !c) throw new Error("three were started");
  for (const node of [b, c])
    expect(await node.join({ urls: [a.url] })).toMatchObject({ ok: true });
  return [a, b, c];
}

const seenOf = (node: RingNode) =>
  parseExposition(metricsText(node.metrics.families()));
const tell = (
  node: RingNode,
  ...of: [name: string, labels?: Record<string, string>]
) => valueIn(seenOf(node), ...of);
const codeOf = (node: RingNode) => {
  const ready = node.readiness();
  return ready.ok ? "ready" : ready.error.code;
};

async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await new Promise((resolve) => setTimeout(resolve, 5));
}

describe("a node is ready", () => {
  test("while it hears most members, and again when it hears them again", async () => {
    const [a] = await ringOfThree();
    expect(codeOf(a)).toBe("ready");
    cluster.connects = (_, to) => to === "a";
    await a.get("k");
    await until(() => codeOf(a) === "no_quorum");
    expect(tell(a, "ringwalk_ready")).toBe(0);
    expect(tell(a, "ringwalk_member_up", { member: "b" })).toBe(0);
    expect(tell(a, "ringwalk_member_up", { member: "a" })).toBe(1);
    cluster.connects = () => true;
    await until(() => codeOf(a) === "ready");
  });

  test("not when it drains, and not when it was removed", async () => {
    const [a, b, c] = await ringOfThree();
    cluster.connects = (from, to) => from !== "c" && to !== "c";
    expect(await b.remove({ name: "c" })).toMatchObject({ ok: true });
    cluster.connects = () => true;
    // It learns of that from whomever it calls.
    while (codeOf(c) !== "not_a_member") await c.get("k");
    expect(codeOf(a)).toBe("ready");
    await a.drain();
    expect(codeOf(a)).toBe("shutting_down");
  });

  test("not while its store fails", async () => {
    cluster = createCluster({ founding: { partitionCount: 8 } });
    const store = createFailingStore(await openStore({ kind: "memory" }));
    const node = await cluster.start("a", { store });
    expect(codeOf(node)).toBe("ready");
    store.failure = { code: "store_full", reads: false };
    await node.put("k", Uint8Array.of(1));
    expect(codeOf(node)).toBe("store_failed");
    expect(tell(node, "ringwalk_store_failing")).toBe(1);
  });
});

describe("it counts", () => {
  test("its records and their bytes, from the scan of its start and each write since", async () => {
    cluster = createCluster({ founding: { partitionCount: 8 } });
    const store = await openStore({ kind: "memory" });
    const first = await cluster.start("a", { store });
    for (let i = 0; i < 40; i++) await first.put(`k${i}`, new Uint8Array(100));
    const node = await cluster.start("a", { store });
    await until(() => tell(node, "ringwalk_scanned_partitions") === 8);
    expect(tell(node, "ringwalk_records")).toBe(40);
    const bytes = tell(node, "ringwalk_record_bytes") ?? 0;
    expect(bytes).toBeGreaterThan(4_000);
    await node.put("k0", new Uint8Array(300));
    await node.put("new", new Uint8Array(100));
    expect(tell(node, "ringwalk_records")).toBe(41);
    expect(tell(node, "ringwalk_record_bytes")).toBeGreaterThan(bytes + 300);
    // A tombstone is a record.
    await node.delete("k1");
    expect(tell(node, "ringwalk_records")).toBe(41);
    await first.drain();
  });

  test("operations, rounds, forwards and calls", async () => {
    const nodes = await ringOfThree();
    const sum = (name: string, labels: Record<string, string>) =>
      nodes.reduce((total, node) => total + (tell(node, name, labels) ?? 0), 0);
    const rounds = (round: string) =>
      sum("ringwalk_quorum_rounds_total", { round });
    const before = {
      read: rounds("read"),
      prepare: rounds("prepare"),
      accept: rounds("accept"),
    };
    const [a] = nodes;
    await a.put("k", Uint8Array.of(1));
    await a.get("k");
    expect(
      await a.put("k", Uint8Array.of(1), { conditions: { ifNoneMatch: "*" } }),
    ).toMatchObject({ ok: false });
    expect(
      tell(a, "ringwalk_operations_total", { operation: "put", outcome: "ok" }),
    ).toBe(1);
    expect(
      tell(a, "ringwalk_operations_total", {
        operation: "put",
        outcome: "condition_failed",
      }),
    ).toBe(1);
    expect(rounds("read") - before.read).toBe(1);
    expect(rounds("accept") - before.accept).toBe(2);
    // The second one goes with the ballot that was promised along with the first.
    expect(rounds("prepare") - before.prepare).toBe(1);
    expect(
      sum("ringwalk_peer_calls_total", { outcome: "answer" }),
    ).toBeGreaterThan(0);
  });

  test("what a membership change copied, and what repair brought back", async () => {
    const [a, b, c] = await ringOfThree();
    for (let i = 0; i < 8; i++) await a.put(`k${i}`, Uint8Array.of(i));
    const d = await cluster.start("d");
    expect(await d.join({ urls: [a.url] })).toMatchObject({ ok: true });
    const sum = (by: string) =>
      [a, b, c, d].reduce(
        (all, node) =>
          all +
          (tell(node, "ringwalk_refreshes_total", { by, outcome: "done" }) ??
            0),
        0,
      );
    expect(sum("copy")).toBeGreaterThan(0);
    expect(tell(a, "ringwalk_epoch")).toBe(a.status().epoch);
    cluster.connects = (_, to) => to !== "c";
    for (let i = 0; i < 8; i++) await a.put(`k${i}`, Uint8Array.of(i, i));
    cluster.connects = () => true;
    await until(() => sum("repair") > 0);
  });
});

test("the text escapes what stands in labels and help, and says what no number is", () => {
  const metrics = createMetrics();
  metrics
    .counter({
      name: "a_total",
      help: "Back\\slash\nand line.",
      labels: ["of"],
    })('"\\\n')
    .add(2);
  metrics
    .histogram({ name: "b_seconds", help: "Some.", bounds: [0.1, 1] })()
    .observe(0.5);
  metrics.gauge({ name: "c", help: "None." }, () => undefined);
  metrics.gauge({ name: "d", help: "Much." }, () => Number.POSITIVE_INFINITY);
  const text = metricsText(metrics.families());
  expect(text).toBe(
    [
      "# HELP a_total Back\\\\slash\\nand line.",
      "# TYPE a_total counter",
      'a_total{of="\\"\\\\\\n"} 2',
      "# HELP b_seconds Some.",
      "# TYPE b_seconds histogram",
      'b_seconds_bucket{le="0.1"} 0',
      'b_seconds_bucket{le="1"} 1',
      'b_seconds_bucket{le="+Inf"} 1',
      "b_seconds_sum 0.5",
      "b_seconds_count 1",
      "# HELP d Much.",
      "# TYPE d gauge",
      "d +Inf",
      "",
    ].join("\n"),
  );
  expect(valueIn(parseExposition(text), "a_total", { of: '"\\\n' })).toBe(2);
});

test.each([
  "a_total 1\n",
  "# TYPE a_total counter\na_total 1\n",
  "# HELP a A.\n# TYPE a counter\na 1\n",
  "# HELP a A.\n# TYPE a gauge\na{b=c} 1\n",
  "# HELP a A.\n# TYPE a gauge\na 1\na 2\n",
  '# HELP a A.\n# TYPE a histogram\na_bucket{le="1"} 1\na_sum 1\na_count 1\n',
])("the reader of the text refuses what is none: %j", (text) => {
  expect(() => parseExposition(text)).toThrow();
});
