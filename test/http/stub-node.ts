/** A node whose answers a test writes itself; what it was not told to answer is a defect. */
import type { Settings } from "../../src/core/layout.ts";
import { createApp } from "../../src/http/app.ts";
import type { AppOptions } from "../../src/http/options.ts";
import type { RingNode } from "../../src/node/api.ts";
import { createMetrics } from "../../src/node/metrics.ts";
import { quiet } from "./memory-node.ts";

export const settings: Settings = {
  consistency: "linearizable",
  partitionCount: 8,
  replicaCount: 1,
  hashSeed: { low: 1, high: 2 },
  valueBytesMax: 1024,
};

function untold(): never {
  throw new Error("the test did not say what the node answers");
}

/** An app over it, at the time 1,000,000 ms. */
export function appOf(
  node: Partial<RingNode>,
  options: Partial<AppOptions> = {},
) {
  const stub: RingNode = {
    get: untold,
    put: untold,
    delete: untold,
    increment: untold,
    touch: untold,
    bound: () => undefined,
    watch: untold,
    watchRing: untold,
    holders: untold,
    keys: untold,
    peers: untold,
    status: untold,
    settings: () => settings,
    identity: () => ({ ringId: "ring", succeededIds: [] }),
    tokens: {
      ringId: () => "ring",
      create: untold,
      find: untold,
      list: untold,
      revoke: untold,
    },
    join: untold,
    add: untold,
    leave: untold,
    remove: untold,
    reconfigure: untold,
    handlePeer: untold,
    greeting: untold,
    readiness: untold,
    metrics: createMetrics(),
    tick: untold,
    onWake: untold,
    drain: untold,
    ...node,
  };
  return createApp({
    node: stub,
    clock: { now: () => 1_000_000, timer: () => () => {} },
    log: quiet,
    ...options,
  });
}
