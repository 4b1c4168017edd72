/** A change whose proposal some member may hold: the caller is told that its outcome is unknown, and it comes later. */
import { afterEach, expect, test } from "vitest";
import { decodeBatch } from "../../src/core/message-codec.ts";
import { type Call, type Cluster, createCluster } from "./cluster.ts";

let cluster: Cluster | undefined;
afterEach(() => cluster?.close());

const isLayoutAccept = ({ body }: Call) =>
  decodeBatch(body)?.requests.some(
    (request) => request.kind === "accept" && request.area === "system",
  ) === true;

test("accepts that nobody answers leave it open; a tick finishes it", async () => {
  cluster = createCluster({ timing: { operationTimeoutMs: 600 } });
  const a = await cluster.start("a");
  const b = await cluster.start("b");
  const c = await cluster.start("c");
  for (const node of [b, c])
    expect(await node.join({ urls: [a.url] })).toMatchObject({ ok: true });
  cluster.intercept = (call) =>
    isLayoutAccept(call)
      ? Promise.resolve({ kind: "unknown", reason: "time-out" })
      : undefined;
  expect(await a.reconfigure({ replicaCount: 2 })).toMatchObject({
    ok: false,
    error: { code: "outcome_unknown", details: { system: ["a", "b", "c"] } },
  });
  expect(a.status()).toMatchObject({ phase: "stable" });
  cluster.intercept = () => undefined;
  await expect
    .poll(() => [a, b, c].map((node) => node.settings().replicaCount), {
      timeout: 20_000,
    })
    .toEqual([2, 2, 2]);
});
