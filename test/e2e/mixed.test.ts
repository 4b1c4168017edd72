/** Rings whose members run on different runtimes: with three replicas every key lives on Node.js, on Bun and on Deno. */
import { expect, test } from "vitest";
import { joinRing, leaveRing, statusOf } from "./calls.ts";
import { startCheckedLoad } from "./checked-load.ts";
import type { NodeProcess } from "./nodes.ts";
import {
  expectPeers,
  joinInTurn,
  leaveAndReturn,
  serveAlone,
  spreadOver,
  valuesOf,
} from "./seed-scenarios.ts";
import { nodesForTest } from "./test-nodes.ts";

const names = ["nodejs", "bun", "deno"] as const;
const runtimes = {
  nodejs: "nodejs",
  bun: "bun",
  deno: "deno",
  "second-bun": "bun",
} as const;
const missing = "404 ";

test("the seeds' scenarios: alone, joining with keys of their own, spread, leaving and returning", async () => {
  const nodes = await nodesForTest({ runtimes });
  const all = await Promise.all(names.map((name) => nodes.start(name)));
  for (const node of all) await serveAlone(node, missing);
  const values = await joinInTurn(all, 20);
  const spread = valuesOf("spread ", 150);
  for (const [key, value] of spread) values.set(key, value);
  const counts = await spreadOver(all, values);
  expect(Math.min(...counts)).toBeGreaterThan(0);
  await leaveAndReturn(all, values, missing);
});

test("a history recorded while each is killed and restarted, while one more joins and one leaves, is linearizable", async () => {
  const nodes = await nodesForTest({ runtimes, replicas: 3 });
  const ring = await nodes.startRing(names);
  const load = startCheckedLoad(ring, { clientCount: 6, seed: 4 });
  await load.untilServed(150);

  for (const node of ring) {
    await node.kill();
    await load.untilServed(100);
    await node.restart();
    await load.untilServed(50);
  }
  for (const node of ring) {
    expect(await node.stop()).toMatchObject({ code: 0, signal: null });
    await load.untilServed(50);
    await node.restart();
  }

  const [nodejs] = ring as [NodeProcess, ...NodeProcess[]];
  const second = await nodes.start("second-bun");
  await joinRing(second, nodejs);
  load.admit(second);
  await load.untilServed(100);
  for (const leaver of ring) {
    await load.retire(leaver);
    await leaveRing(leaver);
    await load.untilServed(50);
    await joinRing(leaver, second);
    load.admit(leaver);
  }
  await load.untilServed(50);

  expect(await load.judge()).toEqual([]);
  await expectPeers([...ring, second]);
  for (const operation of ["get", "put", "delete", "eventual-get"])
    expect(load.counts()[`${operation}: ok`]).toBeGreaterThan(0);
  const { settings } = await statusOf(second);
  expect(settings.replicaCount).toBe(3);
});
